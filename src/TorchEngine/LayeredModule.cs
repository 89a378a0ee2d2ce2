using FlDurable.Shared.Networks;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace FlDurable.TorchEngine;

/// <summary>A network of known layers as a module. The values of its parameters are left undefined.</summary>
internal sealed class LayeredModule : nn.Module<Tensor, Tensor>
{
    private readonly List<(string Name, Parameter Parameter)> named = [];
    private readonly List<Func<Tensor, Tensor>> steps = [];

    /// <exception cref="NotSupportedException">A layer is not known.</exception>
    public LayeredModule(Network network)
        : base(network.Name)
    {
        foreach (var layer in network.Layers)
            steps.Add(Step(layer, [.. layer.Parameters.Select(tensor => Add(tensor.Name, tensor.Shape))]));
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

    private static Func<Tensor, Tensor> Step(Layer layer, Parameter[] parameters) => layer switch
    {
        Conv2d convolution => values =>
            nn.functional.conv2d(values, parameters[0], parameters[1], padding: [convolution.Padding, convolution.Padding]),
        Linear => values => nn.functional.linear(values, parameters[0], parameters[1]),
        MaxPool2d pooling => values => nn.functional.max_pool2d(values, pooling.Size),
        ReLU => values => nn.functional.relu(values),
        Flatten => values => values.flatten(start_dim: 1),
        _ => throw new NotSupportedException(TorchModules.UnknownLayer(layer)),
    };

    private Parameter Add(string name, IReadOnlyList<int> shape)
    {
        var parameter = new Parameter(empty([.. shape.Select(length => (long)length)]));
        named.Add((name, parameter));
        return parameter;
    }
}
