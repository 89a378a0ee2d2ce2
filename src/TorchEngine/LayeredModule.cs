using FlDurable.Shared.Networks;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace FlDurable.TorchEngine;

/// <summary>A network of known layers as a module. The values of its parameters are left undefined.</summary>
internal sealed class LayeredModule : nn.Module<Tensor, Tensor>
{
    private readonly List<(string Name, Parameter Parameter)> named = [];
    private readonly List<Func<Tensor, Tensor>> steps = [];
    private readonly Device device;

    /// <summary>Makes the parameters where they are to be: the steps hold them, and moving a module replaces them.</summary>
    /// <exception cref="NotSupportedException">A layer is not known.</exception>
    public LayeredModule(Network network, Device device)
        : base(network.Name)
    {
        this.device = device;
        var shape = network.Input;
        foreach (var layer in network.Layers)
        {
            steps.Add(Step(layer, shape, [.. layer.Parameters.Select(tensor => Add(tensor.Name, tensor.Shape))]));
            shape = layer.OutputShape(shape);
        }
    }

    /// <summary>Whether a layer is one that this engine computes by itself.</summary>
    public static bool Knows(Layer layer) => layer is Conv2d or ReLU or MaxPool2d or Flatten or Linear;

    /// <summary>The parameters by their names in the network's layout, which may have dots in them, as registered names may not.</summary>
    public override IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) => named;

    /// <inheritdoc/>
    public override Tensor forward(Tensor images)
    {
        var values = images.alias();
        foreach (var step in steps)
        {
            using var input = values;
            values = step(input);
        }

        return values;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            named.ForEach(tensor => tensor.Parameter.Dispose());
        base.Dispose(disposing);
    }

    private static Func<Tensor, Tensor> Step(Layer layer, ImageShape input, Parameter[] parameters) => layer switch
    {
        Conv2d convolution when ChannelsLast.IsAmbiguous(input) => values =>
            Convolve(convolution, ChannelsLast.Of(values), ChannelsLast.Of(parameters[0]), parameters[1]),
        Conv2d convolution => values => Convolve(convolution, values, parameters[0], parameters[1]),
        Linear => values => nn.functional.linear(values, parameters[0], parameters[1]),
        MaxPool2d pooling => values => nn.functional.max_pool2d(values, pooling.Size),
        ReLU => values => nn.functional.relu(values),
        Flatten => values => values.flatten(start_dim: 1),
        _ => throw new NotSupportedException(TorchModules.UnknownLayer(layer)),
    };

    private static Tensor Convolve(Conv2d layer, Tensor values, Tensor weight, Tensor bias) =>
        nn.functional.conv2d(values, weight, bias, padding: [layer.Padding, layer.Padding]);

    private Parameter Add(string name, IReadOnlyList<int> shape)
    {
        var parameter = new Parameter(empty([.. shape.Select(length => (long)length)], device: device));
        named.Add((name, parameter));
        return parameter;
    }
}
