using System.Runtime.InteropServices;
using FlDurable.LocalHost.Onnx.Format;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using Google.Protobuf;

namespace FlDurable.LocalHost.Onnx;

/// <summary>A graph of ONNX's operators that grows node by node, with the constants that they take.</summary>
/// <param name="name">The graph's name.</param>
/// <param name="parameters">What the network has learnt.</param>
internal sealed class OnnxGraph(string name, ModelParameters parameters)
{
    // Stands for whatever number of images somebody runs the graph on.
    private const string Batch = "batch";

    private readonly GraphProto graph = new() { Name = name };

    /// <summary>Makes a batch of images the graph's input.</summary>
    public OnnxValue Input(string input, ImageShape shape)
    {
        graph.Input.Add(Value(input, shape.Channels, shape.Height, shape.Width));
        return new OnnxValue(input, shape, IsRow: false);
    }

    /// <summary>Adds a node.</summary>
    /// <param name="operation">The operator's name.</param>
    /// <param name="inputs">The names of what comes to it.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>The name of what it makes: without a dot, and so the name of no parameter.</returns>
    public string Node(string operation, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes)
    {
        var node = new NodeProto { Name = Numbered(operation), OpType = operation };
        node.Input.Add(inputs);
        node.Output.Add(node.Name);
        node.Attribute.Add(attributes);
        graph.Node.Add(node);
        return node.Name;
    }

    /// <summary>Adds one of the network's tensors under its own name.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="dimensions">Its dimensions in the graph; none for the network's own.</param>
    public string Parameter(string tensor, params IReadOnlyList<long> dimensions)
    {
        var slot = parameters.Layout.Tensors.First(slot => slot.Name == tensor);
        return Add(tensor, TensorProto.Types.DataType.Float, dimensions is [] ? [.. slot.Shape] : dimensions, (ReadOnlySpan<float>)parameters.Tensor(tensor));
    }

    /// <summary>Adds a constant row of numbers.</summary>
    public string Constant(params ReadOnlySpan<float> values) =>
        Add(Numbered("Constant"), TensorProto.Types.DataType.Float, [values.Length], values);

    /// <summary>Adds a constant row of whole numbers.</summary>
    public string Constant(params ReadOnlySpan<long> values) =>
        Add(Numbered("Constant"), TensorProto.Types.DataType.Int64, [values.Length], values);

    /// <summary>Makes what the last node makes, one row an image, the graph's output.</summary>
    public GraphProto Finish(string output, int features)
    {
        graph.Node[^1].Output[0] = output;
        graph.Output.Add(Value(output, features));
        return graph;
    }

    private string Numbered(string kind) => FormattableString.Invariant($"{kind}_{graph.Node.Count + graph.Initializer.Count}");

    private string Add<T>(string tensor, TensorProto.Types.DataType type, IReadOnlyList<long> dimensions, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values).ToArray();
        graph.Initializer.Add(new TensorProto
        {
            Name = tensor,
            DataType = (int)type,
            Dims = { dimensions },
            RawData = UnsafeByteOperations.UnsafeWrap(bytes),
        });
        return tensor;
    }

    private static ValueInfoProto Value(string value, params IEnumerable<int> dimensions)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = Batch } } };
        shape.Dim.Add(dimensions.Select(length => new TensorShapeProto.Types.Dimension { DimValue = length }));
        return new ValueInfoProto
        {
            Name = value,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float, Shape = shape } },
        };
    }
}

/// <summary>What a node makes.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Shape">Its shape for each image, as networks have it.</param>
/// <param name="IsRow">
/// Whether the tensor is <c>[batch, features]</c>; else it is <c>[batch, channels, height, width]</c>. Networks don't tell them apart, operators do.
/// </param>
internal readonly record struct OnnxValue(string Name, ImageShape Shape, bool IsRow);
