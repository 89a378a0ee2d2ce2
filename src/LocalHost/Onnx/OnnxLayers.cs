using FlDurable.LocalHost.Onnx.Format;
using FlDurable.Shared.Networks;

namespace FlDurable.LocalHost.Onnx;

/// <summary>Says in ONNX's operators (https://onnx.ai/onnx/operators, opset 17) what layers compute when a network is evaluated.</summary>
/// <param name="graph">Where to.</param>
internal sealed class OnnxLayers(OnnxGraph graph)
{
    /// <summary>Adds layers one behind the other.</summary>
    /// <exception cref="NotSupportedException">What a layer computes is not known.</exception>
    public OnnxValue Add(IEnumerable<Layer> layers, OnnxValue input) =>
        layers.Aggregate(input, (value, layer) => Add(layer, value) with { Shape = layer.OutputShape(value.Shape) });

    /// <summary>The same values as a row of features an image.</summary>
    public OnnxValue Row(OnnxValue value) =>
        value.IsRow ? value : new OnnxValue(graph.Node("Flatten", [value.Name]), new ImageShape(value.Shape.Length, 1, 1), IsRow: true);

    private OnnxValue Add(Layer layer, OnnxValue input) => layer switch
    {
        Conv2d convolution => Convolve(convolution, Planes(input)),
        Linear linear => Multiply(linear, Row(input)),
        MaxPool2d pooling => Of("MaxPool", Planes(input), Window(pooling.Window)),
        AvgPool2d pooling => Of(
            "AveragePool", Planes(input), [.. Window(pooling.Window), Attribute("count_include_pad", pooling.CountPadding ? 1 : 0)]),
        GlobalAvgPool2d => Of("GlobalAveragePool", Planes(input)),
        GroupNorm norm => Normalize(norm, Planes(input)),
        BatchNorm2d norm => Normalize(norm, input),
        ReLU => Of("Relu", input),
        Dropout => input,
        Residual residual => Sum(Add(residual.Body, input), Add(residual.Shortcut, input)),
        Flatten => Row(input),
        _ => throw new NotSupportedException($"what its layer of kind {layer.Kind} computes is not known here"),
    };

    private OnnxValue Of(string operation, OnnxValue input, params IEnumerable<AttributeProto> attributes) =>
        input with { Name = graph.Node(operation, [input.Name], attributes) };

    private OnnxValue Planes(OnnxValue value) => value.IsRow
        ? value with { Name = graph.Node("Unsqueeze", [value.Name, graph.Constant(2L, 3L)]), IsRow = false }
        : value;

    private OnnxValue Convolve(Conv2d layer, OnnxValue input) => input with
    {
        Name = graph.Node(
            "Conv", [input.Name, .. WeightAndBias(layer)],
            [.. Window(new SlidingWindow(layer.Kernel, layer.Stride, layer.Padding)), Attribute("group", layer.Groups)]),
    };

    private OnnxValue Multiply(Linear layer, OnnxValue input) =>
        input with { Name = graph.Node("Gemm", [input.Name, .. WeightAndBias(layer)], Attribute("transB", 1)) };

    /// <summary>Opset 17 has no group normalisation: each group is normalised as a channel of its own, then the channels are weighted.</summary>
    private OnnxValue Normalize(GroupNorm layer, OnnxValue input)
    {
        const long sameBatch = 0;
        var shape = input.Shape;
        var ones = Enumerable.Repeat(1f, layer.Groups).ToArray();
        var groups = graph.Node("Reshape", [input.Name, graph.Constant(sameBatch, layer.Groups, shape.Length / layer.Groups)]);
        var normalized = graph.Node(
            "InstanceNormalization", [groups, graph.Constant(ones), graph.Constant(new float[layer.Groups])], Attribute("epsilon", GroupNorm.Epsilon));
        var planes = graph.Node("Reshape", [normalized, graph.Constant(sameBatch, shape.Channels, shape.Height, shape.Width)]);
        var weighted = graph.Node("Mul", [planes, graph.Parameter(layer.WeightName, layer.Channels, 1, 1)]);
        return input with { Name = graph.Node("Add", [weighted, graph.Parameter(layer.BiasName, layer.Channels, 1, 1)]) };
    }

    private OnnxValue Normalize(BatchNorm2d layer, OnnxValue input) => input with
    {
        Name = graph.Node(
            "BatchNormalization",
            [input.Name, .. WeightAndBias(layer), graph.Parameter(layer.MeanName), graph.Parameter(layer.VarianceName)],
            Attribute("epsilon", BatchNorm2d.Epsilon)),
    };

    private OnnxValue Sum(OnnxValue body, OnnxValue shortcut)
    {
        if (body.IsRow != shortcut.IsRow)
            (body, shortcut) = (Row(body), Row(shortcut));
        return body with { Name = graph.Node("Add", [body.Name, shortcut.Name]) };
    }

    private string[] WeightAndBias(ParametricLayer layer) => layer.HasBias
        ? [graph.Parameter(layer.WeightName), graph.Parameter(layer.BiasName)]
        : [graph.Parameter(layer.WeightName)];

    private static AttributeProto[] Window(SlidingWindow window) =>
    [
        Attribute("kernel_shape", [window.Size, window.Size]),
        Attribute("strides", [window.Stride, window.Stride]),
        Attribute("pads", [window.Padding, window.Padding, window.Padding, window.Padding]),
    ];

    private static AttributeProto Attribute(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    private static AttributeProto Attribute(string name, float value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    private static AttributeProto Attribute(string name, IEnumerable<long> values) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };
}
