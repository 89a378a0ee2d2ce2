using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;

namespace FlDurable.LanesEngine.Tests.Support;

/// <summary>
/// The definition of every layer and of the loss, in double precision and without a thought for speed. Dropout and batch normalisation are
/// as in training, with the noise of a federation's seed 0, round 0, client 0 and its first step, unless the network is evaluated.
/// </summary>
internal sealed class ReferenceNetwork(Network network, double[] parameters, bool isEvaluated = false)
{
    private readonly Dictionary<string, TensorSlot> slots = network.Layout.Tensors.ToDictionary(slot => slot.Name, StringComparer.Ordinal);
    private DropoutNoise noise = new(0, 0, 0);
    private int dropouts;

    /// <summary>
    /// The smallest distance to a point where the loss has no derivative, seen so far: a rectifier's input to 0, or a pooling window's
    /// largest value to its second.
    /// </summary>
    public double NearestKink { get; private set; } = double.PositiveInfinity;

    /// <summary>The mean loss over a batch.</summary>
    public double MeanLoss(ImageExamples examples, IEnumerable<int> images)
    {
        int[] batch = [.. images];
        var logits = Logits([.. batch.Select(image => examples.Pixels(image).ToArray())]);
        return batch.Zip(logits, (image, its) => Loss(its, examples.Label(image))).Average();
    }

    public double[] Logits(byte[] pixels) => Logits([pixels])[0];

    public double[][] Logits(IReadOnlyList<byte[]> batch)
    {
        noise = new DropoutNoise(0, 0, 0);
        noise.NextStep();
        dropouts = 0;
        return Run(network.Layers, [.. batch.Select(pixels => pixels.Select((pixel, at) => Normalized(pixel, at / (network.Input.Height * network.Input.Width))).ToArray())], network.Input);
    }

    /// <summary>What layers make of a batch of values.</summary>
    public double[][] Run(IReadOnlyList<Layer> layers, double[][] batch, ImageShape shape)
    {
        foreach (var layer in layers)
        {
            var output = layer.OutputShape(shape);
            batch = layer switch
            {
                BatchNorm2d norm when isEvaluated => [.. batch.Select(values => NormalizeAsTrained(norm, values, shape))],
                BatchNorm2d norm => Normalize(norm, batch, shape),
                Dropout when isEvaluated => batch,
                Dropout dropout => Drop(dropout, batch),
                Residual residual => Add(Run(residual.Body, batch, shape), Run(residual.Shortcut, batch, shape)),
                _ => [.. batch.Select(values => Of(layer, values, shape, output))],
            };
            shape = output;
        }

        return batch;
    }

    public static double Loss(double[] logits, int label)
    {
        var largest = logits.Max();
        return Math.Log(logits.Sum(logit => Math.Exp(logit - largest))) + largest - logits[label];
    }

    private double Normalized(byte pixel, int channel) => ((pixel / 255.0) - network.Normalization.MeanOf(channel)) / network.Normalization.StdOf(channel);

    private double[] Of(Layer layer, double[] values, ImageShape input, ImageShape output) => layer switch
    {
        Conv2d convolution => Convolve(convolution, values, input, output),
        Linear linear => Multiply(linear, values),
        MaxPool2d pooling => Pool(pooling, values, input, output),
        AvgPool2d pooling => Average(pooling, values, input, output),
        GlobalAvgPool2d => [.. values.Chunk(input.Height * input.Width).Select(plane => plane.Average())],
        GroupNorm norm => Normalize(norm, values, input),
        ReLU => Rectify(values),
        Flatten => values,
        _ => throw new InvalidOperationException(layer.ToString()),
    };

    private ReadOnlySpan<double> Tensor(string name)
    {
        var slot = slots[name];
        return parameters.AsSpan(slot.Offset, slot.Length);
    }

    private double Bias(ParametricLayer layer, int output) => layer.HasBias ? Tensor(layer.BiasName)[output] : 0;

    private double[] Convolve(Conv2d layer, double[] values, ImageShape input, ImageShape output)
    {
        var result = new double[output.Length];
        var (ins, outs) = (layer.InChannels / layer.Groups, layer.OutChannels / layer.Groups);
        for (var o = 0; o < output.Channels; o++)
        {
            for (var y = 0; y < output.Height; y++)
            {
                for (var x = 0; x < output.Width; x++)
                {
                    var weights = Tensor(layer.WeightName).Slice(o * layer.FanIn, layer.FanIn);
                    var first = o / outs * ins;
                    var sum = Bias(layer, o);
                    for (var channel = first; channel < first + ins; channel++)
                    {
                        sum += WindowSum(weights.Slice((channel - first) * layer.Kernel * layer.Kernel, layer.Kernel * layer.Kernel), values, input,
                            channel, y * layer.Stride - layer.Padding, x * layer.Stride - layer.Padding, layer.Kernel);
                    }

                    result[(o * output.Height + y) * output.Width + x] = sum;
                }
            }
        }

        return result;
    }

    private static double WindowSum(ReadOnlySpan<double> weights, double[] values, ImageShape input, int channel, int top, int left, int kernel)
    {
        var sum = 0.0;
        for (var place = 0; place < weights.Length; place++)
        {
            var (row, column) = (top + place / kernel, left + place % kernel);
            if (row >= 0 && row < input.Height && column >= 0 && column < input.Width)
                sum += weights[place] * values[(channel * input.Height + row) * input.Width + column];
        }

        return sum;
    }

    private double[] Multiply(Linear layer, double[] values)
    {
        var result = new double[layer.OutFeatures];
        for (var output = 0; output < result.Length; output++)
        {
            result[output] = Bias(layer, output);
            var weights = Tensor(layer.WeightName).Slice(output * layer.InFeatures, layer.InFeatures);
            for (var index = 0; index < layer.InFeatures; index++)
                result[output] += weights[index] * values[index];
        }

        return result;
    }

    /// <summary>The values that a pooling window sees at a place of the output, and how many there would be without padding.</summary>
    private static IEnumerable<double> Window(SlidingWindow window, double[] values, ImageShape input, ImageShape output, int at)
    {
        var (plane, y, x) = (at / (output.Height * output.Width), at / output.Width % output.Height, at % output.Width);
        for (var place = 0; place < window.Size * window.Size; place++)
        {
            var row = y * window.Stride - window.Padding + place / window.Size;
            var column = x * window.Stride - window.Padding + place % window.Size;
            if (row >= 0 && row < input.Height && column >= 0 && column < input.Width)
                yield return values[(plane * input.Height + row) * input.Width + column];
        }
    }

    private double[] Pool(MaxPool2d layer, double[] values, ImageShape input, ImageShape output)
    {
        var result = new double[output.Length];
        for (var at = 0; at < result.Length; at++)
        {
            var window = Window(layer.Window, values, input, output, at).OrderDescending().ToArray();
            result[at] = window[0];
            // Zeros that are equal come from a rectifier, which lets no gradient through, whichever of them wins.
            if (window.Length > 1 && window[0] != 0)
                NearestKink = Math.Min(NearestKink, window[0] - window[1]);
        }

        return result;
    }

    private static double[] Average(AvgPool2d layer, double[] values, ImageShape input, ImageShape output)
    {
        var result = new double[output.Length];
        for (var at = 0; at < result.Length; at++)
        {
            var window = Window(layer.Window, values, input, output, at).ToArray();
            result[at] = window.Sum() / (layer.CountPadding ? layer.Size * layer.Size : window.Length);
        }

        return result;
    }

    private double[] Rectify(double[] values)
    {
        // A value that is exactly 0 comes from another rectifier: it has no gradient on either side.
        NearestKink = Math.Min(NearestKink, values.Where(value => value != 0).Select(Math.Abs).DefaultIfEmpty(double.PositiveInfinity).Min());
        return [.. values.Select(value => Math.Max(value, 0))];
    }

    private double[] Normalize(GroupNorm layer, double[] values, ImageShape shape)
    {
        var result = new double[values.Length];
        var length = values.Length / layer.Groups;
        for (var at = 0; at < values.Length; at++)
        {
            var group = values.AsSpan(at / length * length, length).ToArray();
            var channel = at / (shape.Height * shape.Width);
            result[at] = (values[at] - group.Average()) / Deviation(group, GroupNorm.Epsilon) * Tensor(layer.WeightName)[channel]
                + Tensor(layer.BiasName)[channel];
        }

        return result;
    }

    private double[][] Normalize(BatchNorm2d layer, double[][] batch, ImageShape shape)
    {
        var plane = shape.Height * shape.Width;
        var result = batch.Select(values => new double[values.Length]).ToArray();
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var all = batch.SelectMany(values => values.Skip(channel * plane).Take(plane)).ToArray();
            var (mean, deviation) = (all.Average(), Deviation(all, BatchNorm2d.Epsilon));
            for (var image = 0; image < batch.Length; image++)
            {
                for (var at = channel * plane; at < (channel + 1) * plane; at++)
                    result[image][at] = (batch[image][at] - mean) / deviation * Tensor(layer.WeightName)[channel] + Tensor(layer.BiasName)[channel];
            }
        }

        return result;
    }

    private double[] NormalizeAsTrained(BatchNorm2d layer, double[] values, ImageShape shape) =>
    [
        .. values.Select((value, at) =>
        {
            var channel = at / (shape.Height * shape.Width);
            return (value - Tensor(layer.MeanName)[channel]) / Math.Sqrt(Tensor(layer.VarianceName)[channel] + BatchNorm2d.Epsilon)
                * Tensor(layer.WeightName)[channel] + Tensor(layer.BiasName)[channel];
        }),
    ];

    private static double Deviation(double[] values, double epsilon)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) + epsilon);
    }

    /// <summary>The noise is drawn by groups of sixteen images, then features, then images.</summary>
    private double[][] Drop(Dropout layer, double[][] batch)
    {
        const int Group = 16;
        var features = batch[0].Length;
        var factors = new float[(batch.Length + Group - 1) / Group * Group * features];
        noise.DrawNext(dropouts++, layer, factors);
        return [.. batch.Select((values, image) => values.Select((value, feature) =>
            value * factors[(image / Group * features + feature) * Group + image % Group]).ToArray())];
    }

    private static double[][] Add(double[][] left, double[][] right) =>
        [.. left.Zip(right, (one, other) => one.Zip(other, (first, second) => first + second).ToArray())];
}
