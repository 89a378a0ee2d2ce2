using System.Globalization;
using System.Text.Json;
using FlDurable.LocalHost.Onnx.Format;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using Google.Protobuf;

namespace FlDurable.LocalHost.Onnx;

/// <summary>
/// A network with its parameters as an ONNX file of opset 17: <c>images</c>, <c>[batch, channels, height, width]</c>, or
/// <c>rows</c>, <c>[batch, columns, 1, 1]</c>, become <c>logits</c>,
/// <c>[batch, classes]</c>. The same network and parameters give the same bytes.
/// </summary>
internal static class OnnxModel
{
    private const int OperatorSet = 17;

    // That of ONNX 1.12, the first to have the operator set.
    private const int FormatVersion = 8;

    /// <summary>Writes the file.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="classes">The names of the classes; null if they are not known.</param>
    /// <param name="columns">What the columns of a table are called and were standardised by; null if that is not known, and for images.</param>
    /// <exception cref="NotSupportedException">What a layer computes is not known: it is a module of somebody's own.</exception>
    public static byte[] Write(Network network, ModelParameters parameters, IReadOnlyList<string>? classes, IReadOnlyList<TableColumn>? columns = null)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("the tensors of an ONNX file are little-endian, this machine is not");
        var graph = new OnnxGraph(network.Name, parameters);
        var layers = new OnnxLayers(graph);
        layers.Row(layers.Add(network.Layers, graph.Input(network.Input.IsTable ? "rows" : "images", network.Input)));
        return new ModelProto
        {
            IrVersion = FormatVersion,
            ProducerName = "fldurable",
            OpsetImport = { new OperatorSetIdProto { Version = OperatorSet } },
            Graph = graph.Finish("logits", network.Classes),
            MetadataProps = { Metadata(network, classes, columns).Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }) },
        }.ToByteArray();
    }

    /// <summary>
    /// What becomes of a pixel before it comes to the graph, <c>(pixel · rescale_factor − image_mean) / image_std</c>, under the names that Hugging
    /// Face's image processors have for it; or of a table's number, <c>(number − column_mean) / column_std</c>, 0 where that is 0; and the classes.
    /// </summary>
    private static IEnumerable<(string Key, string Value)> Metadata(Network network, IReadOnlyList<string>? classes, IReadOnlyList<TableColumn>? columns)
    {
        if (network.Input.IsTable)
            return Rows(classes, columns);
        return Images(network, classes);
    }

    private static IEnumerable<(string Key, string Value)> Rows(IReadOnlyList<string>? classes, IReadOnlyList<TableColumn>? columns)
    {
        if (columns is not null)
        {
            yield return ("column_names", JsonSerializer.Serialize(columns.Select(column => column.Name)));
            yield return ("column_mean", JsonSerializer.Serialize(columns.Select(column => column.Mean)));
            yield return ("column_std", JsonSerializer.Serialize(columns.Select(column => column.Deviation)));
        }

        if (classes is not null)
            yield return ("class_names", JsonSerializer.Serialize(classes));
    }

    private static IEnumerable<(string Key, string Value)> Images(Network network, IReadOnlyList<string>? classes)
    {
        var channels = Enumerable.Range(0, network.Input.Channels);
        yield return ("rescale_factor", (1 / 255.0).ToString("R", CultureInfo.InvariantCulture));
        yield return ("image_mean", JsonSerializer.Serialize(channels.Select(network.Normalization.MeanOf)));
        yield return ("image_std", JsonSerializer.Serialize(channels.Select(network.Normalization.StdOf)));
        if (classes is not null)
            yield return ("class_names", JsonSerializer.Serialize(classes));
    }
}
