using FlDurable.ClientActivities;
using FlDurable.Shared.Networks;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace FlDurable.TorchEngine;

/// <summary>A network of known layers as a module. The values of its parameters are left undefined.</summary>
internal sealed class LayeredModule : nn.Module<Tensor, Tensor>
{
    // Never collected: TorchSharp would make an object of the number for each sum, which may be finalised while native code reads it.
    private static readonly Scalar One = 1.ToScalar();

    private readonly List<(string Name, Parameter Parameter)> named = [];
    private readonly List<(string Name, Tensor Statistic)> statistics = [];
    private readonly List<Func<Tensor, Tensor>> steps = [];
    private readonly Device device;
    private readonly DropoutNoise noise;
    private int dropouts;

    /// <summary>Makes the parameters where they are to be: the steps hold them, and moving a module replaces them.</summary>
    /// <param name="network">The network.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="noise">What dropout layers draw from.</param>
    /// <exception cref="NotSupportedException">A layer is not known.</exception>
    public LayeredModule(Network network, Device device, DropoutNoise noise)
        : base(network.Name)
    {
        this.device = device;
        this.noise = noise;
        steps.AddRange(Steps(network.Layers, network.Input));
    }

    /// <summary>Whether a layer is one that this engine computes by itself.</summary>
    public static bool Knows(Layer layer) => layer
        is Conv2d or Linear or ReLU or MaxPool2d or AvgPool2d or GlobalAvgPool2d or GroupNorm or BatchNorm2d or Dropout or Residual or Flatten;

    /// <summary>The parameters by their names in the network's layout, which may have dots in them, as registered names may not.</summary>
    public override IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) => named;

    /// <summary>What layers have seen, by its name in the network's layout.</summary>
    public IReadOnlyList<(string Name, Tensor Statistic)> Statistics => statistics;

    /// <inheritdoc/>
    public override Tensor forward(Tensor images)
    {
        if (training)
            noise.NextStep();
        return Run(steps, images);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            named.ForEach(tensor => tensor.Parameter.Dispose());
            statistics.ForEach(tensor => tensor.Statistic.Dispose());
        }

        base.Dispose(disposing);
    }

    private static Tensor Run(IReadOnlyList<Func<Tensor, Tensor>> steps, Tensor input)
    {
        var values = input.alias();
        foreach (var step in steps)
        {
            using var previous = values;
            values = step(previous);
        }

        return values;
    }

    private List<Func<Tensor, Tensor>> Steps(IReadOnlyList<Layer> layers, ImageShape shape)
    {
        var made = new List<Func<Tensor, Tensor>>();
        foreach (var layer in layers)
        {
            made.Add(Step(layer, shape));
            shape = layer.OutputShape(shape);
        }

        return made;
    }

    private Func<Tensor, Tensor> Step(Layer layer, ImageShape input)
    {
        switch (layer)
        {
            case Conv2d convolution:
                var (filters, bias) = AddBoth(convolution);
                return Convolution.Of(convolution, input, filters, bias);
            case Linear linear:
                var (weight, offset) = AddBoth(linear);
                return values => nn.functional.linear(values, weight, offset);
            case MaxPool2d { Window: var window }:
                return values => nn.functional.max_pool2d(values, window.Size, window.Stride, window.Padding);
            case AvgPool2d { Window: var window } pooling:
                return values => ChannelsLast.Kept(nn.functional.avg_pool2d(
                    values, window.Size, window.Stride, window.Padding, count_include_pad: pooling.CountPadding));
            case GlobalAvgPool2d:
                return values => nn.functional.adaptive_avg_pool2d(values, 1);
            case ReLU:
                return values => nn.functional.relu(values);
            case Flatten:
                return values => values.flatten(start_dim: 1);
            case GroupNorm norm:
                var (scale, shift) = AddBoth(norm);
                return values => ChannelsLast.Kept(nn.functional.group_norm(ChannelsLast.AsPlanes(values), norm.Groups, scale, shift, GroupNorm.Epsilon));
            case BatchNorm2d norm:
                return Normalize(norm);
            case Dropout dropout:
                return Drop(dropout, dropouts++, input);
            case Residual residual:
                var (body, shortcut) = (Steps(residual.Body, input), Steps(residual.Shortcut, input));
                return values => ChannelsLast.Kept(Run(body, values).add(Run(shortcut, values), One));
            default:
                throw new NotSupportedException(TorchModules.UnknownLayer(layer));
        }
    }

    private Func<Tensor, Tensor> Normalize(BatchNorm2d layer)
    {
        var (weight, bias) = AddBoth(layer);
        var mean = AddStatistic(layer.MeanName, layer.Channels);
        var variance = AddStatistic(layer.VarianceName, layer.Channels);
        return values => ChannelsLast.Kept(nn.functional.batch_norm(
            ChannelsLast.AsPlanes(values), mean, variance, weight, bias, training, layer.Momentum, BatchNorm2d.Epsilon));
    }

    private Func<Tensor, Tensor> Drop(Dropout layer, int index, ImageShape shape) => values =>
    {
        if (!training || layer.Probability == 0)
            return values.alias();
        using var factors = ImageFactors.Draw(noise, index, layer, shape, (int)values.shape[0], device);
        using var shaped = factors.view(values.shape);
        return ChannelsLast.Kept(values.mul(shaped));
    };

    private (Parameter Weight, Parameter? Bias) AddBoth(ParametricLayer layer) =>
        (Add(layer.WeightName, layer.WeightShape), layer.HasBias ? Add(layer.BiasName, [layer.BiasLength]) : null);

    private Parameter Add(string name, IReadOnlyList<int> shape)
    {
        var parameter = new Parameter(empty([.. shape.Select(length => (long)length)], device: device));
        named.Add((name, parameter));
        return parameter;
    }

    private Tensor AddStatistic(string name, int length)
    {
        var statistic = empty(length, device: device).DetachFromDisposeScope();
        statistics.Add((name, statistic));
        return statistic;
    }
}
