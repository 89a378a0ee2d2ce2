using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine.Tests.Support;

/// <summary>
/// The definition of every layer and of the loss, an image at a time, in double precision and without a thought for speed.
/// </summary>
internal sealed class ReferenceNetwork(Network network, double[] parameters)
{
    /// <summary>
    /// The smallest distance to a point where the loss has no derivative, seen so far: a rectifier's input to 0, or a pooling window's
    /// largest value to its second.
    /// </summary>
    public double NearestKink { get; private set; } = double.PositiveInfinity;

    /// <summary>The mean loss over images.</summary>
    public double MeanLoss(ImageExamples examples, IEnumerable<int> images) =>
        images.Average(image => Loss(Logits(examples.Pixels(image).ToArray()), examples.Label(image)));

    public double[] Logits(byte[] pixels)
    {
        var values = pixels.Select(pixel => (pixel / 255.0 - 0.5) / 0.5).ToArray();
        var shape = network.Input;
        var offset = 0;
        foreach (var layer in network.Layers)
        {
            var output = layer.OutputShape(shape);
            values = layer switch
            {
                Conv2d convolution => Convolve(convolution, values, shape, output, offset),
                Linear linear => Multiply(linear, values, offset),
                MaxPool2d pooling => Pool(pooling, values, shape, output),
                ReLU => Rectify(values),
                Flatten => values,
                _ => throw new InvalidOperationException(layer.ToString()),
            };
            if (layer is ParametricLayer parametric)
                offset += parametric.BiasLength * (parametric.FanIn + 1);
            shape = output;
        }

        return values;
    }

    public static double Loss(double[] logits, int label)
    {
        var largest = logits.Max();
        return Math.Log(logits.Sum(logit => Math.Exp(logit - largest))) + largest - logits[label];
    }

    private double[] Convolve(Conv2d layer, double[] values, ImageShape input, ImageShape output, int offset)
    {
        var result = new double[output.Length];
        var bias = offset + layer.OutChannels * layer.FanIn;
        for (var o = 0; o < output.Channels; o++)
        {
            for (var y = 0; y < output.Height; y++)
            {
                for (var x = 0; x < output.Width; x++)
                {
                    result[(o * output.Height + y) * output.Width + x] =
                        parameters[bias + o] + WindowSum(layer, values, input, offset + o * layer.FanIn, y - layer.Padding, x - layer.Padding);
                }
            }
        }

        return result;
    }

    private double WindowSum(Conv2d layer, double[] values, ImageShape input, int weight, int top, int left)
    {
        var sum = 0.0;
        for (var channel = 0; channel < input.Channels; channel++)
        {
            for (var row = top; row < top + layer.Kernel; row++)
            {
                for (var column = left; column < left + layer.Kernel; column++, weight++)
                {
                    if (row >= 0 && row < input.Height && column >= 0 && column < input.Width)
                        sum += parameters[weight] * values[(channel * input.Height + row) * input.Width + column];
                }
            }
        }

        return sum;
    }

    private double[] Multiply(Linear layer, double[] values, int offset)
    {
        var result = new double[layer.OutFeatures];
        var weight = offset;
        for (var output = 0; output < result.Length; output++)
        {
            result[output] = parameters[offset + layer.OutFeatures * layer.InFeatures + output];
            for (var index = 0; index < layer.InFeatures; index++)
                result[output] += parameters[weight++] * values[index];
        }

        return result;
    }

    private double[] Pool(MaxPool2d layer, double[] values, ImageShape input, ImageShape output)
    {
        var result = new double[output.Length];
        for (var at = 0; at < result.Length; at++)
        {
            var (plane, y, x) = (at / (output.Height * output.Width), at / output.Width % output.Height, at % output.Width);
            var window = Enumerable.Range(0, layer.Size * layer.Size)
                .Select(place => (Y: y * layer.Size + place / layer.Size, X: x * layer.Size + place % layer.Size))
                .Select(place => values[(plane * input.Height + place.Y) * input.Width + place.X])
                .OrderDescending().ToArray();
            result[at] = window[0];
            // Zeros that are equal come from a rectifier, which lets no gradient through, whichever of them wins.
            if (window.Length > 1 && window[0] != 0)
                NearestKink = Math.Min(NearestKink, window[0] - window[1]);
        }

        return result;
    }

    private double[] Rectify(double[] values)
    {
        // A value that is exactly 0 comes from another rectifier: it has no gradient on either side.
        NearestKink = Math.Min(NearestKink, values.Where(value => value != 0).Select(Math.Abs).DefaultIfEmpty(double.PositiveInfinity).Min());
        return [.. values.Select(value => Math.Max(value, 0))];
    }
}
