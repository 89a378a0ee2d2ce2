using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Onnx;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.State;

/// <summary>In which formats <c>export</c> writes a model. A format's name is also how its files' names end.</summary>
internal static class ModelFormat
{
    private const string Safetensors = "safetensors";
    private const string Onnx = "onnx";

    private static readonly string[] All = [Safetensors, Onnx];

    /// <summary>The option that names one.</summary>
    public static Option<string> Option()
    {
        var option = new Option<string>("--format")
        {
            HelpName = string.Join('|', All),
            Description = "safetensors: the parameters, with the names of PyTorch's state_dict. onnx: the whole network, to be run by whoever knows ONNX.",
            DefaultValueFactory = _ => Safetensors,
        };
        option.Validators.Add(result =>
        {
            foreach (var unknown in result.Tokens.Where(token => !All.Contains(token.Value, StringComparer.Ordinal)))
                result.AddError($"--format: expected {string.Join(" or ", All)}, got '{Excerpt.Of(unknown.Value)}'");
        });
        return option;
    }

    /// <summary>Refuses a file's name that tells of the other format.</summary>
    /// <exception cref="UsageException">It does.</exception>
    public static void CheckName(string format, string path)
    {
        if (All.FirstOrDefault(other => other != format && path.EndsWith($".{other}", StringComparison.OrdinalIgnoreCase)) is { } other)
            throw new UsageException($"--out: '{path}' would hold {format}: expected --format {other} with it, or a name that does not end in .{other}");
    }

    /// <summary>Whether a file of a format tells of the data too that the model learnt from.</summary>
    public static bool TellsOfData(string format) => format == Onnx;

    /// <summary>Parameters as a file of a format.</summary>
    /// <param name="format">The format.</param>
    /// <param name="parameters">The parameters as safetensors.</param>
    /// <param name="spec">What the federation was started with.</param>
    /// <param name="parts">What this host has.</param>
    /// <param name="classes">The names of the data's classes; null where they are not known.</param>
    /// <param name="columns">The columns of a table that examples have been standardised by; null of images, and where they are not known.</param>
    /// <exception cref="UsageException">The network is not known here, or not what it computes.</exception>
    public static byte[] Write(
        string format, byte[] parameters, ResolvedSpec spec, HostParts parts, IReadOnlyList<string>? classes, IReadOnlyList<TableColumn>? columns)
    {
        if (format == Safetensors)
            return parameters;
        try
        {
            var network = parts.Networks().Get(spec);
            return OnnxModel.Write(network, Shared.Parameters.Safetensors.Read(parameters, network.Layout), classes, columns);
        }
        catch (Exception exception) when (exception is NotRegisteredException or SafetensorsException or NotSupportedException)
        {
            throw new UsageException(
                $"--format: network {spec.Spec.Network.Name} of federation '{spec.Id}' can't be written as ONNX: {exception.Message}; expected --format {Safetensors}", exception);
        }
    }
}
