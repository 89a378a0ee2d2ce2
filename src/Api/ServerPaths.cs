using System.Text.RegularExpressions;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Api;

/// <summary>
/// Keeps the names of the host's files to itself: reasons are written for whoever runs the host, who may be someone else. Only those in
/// <see cref="FederationApiOptions.ServerFiles"/>, which callers may name, are shown.
/// </summary>
internal sealed partial class ServerPaths(FederationApiOptions options, DatasetNames datasets)
{
    private const string Hidden = "…";
    private const string Kind = "kind";

    // One letter is a drive, and what two slashes follow a URL.
    private const string KindOfData = $"(?<{Kind}>(?!.:){NamedParts.NamePattern}:(?!//))";

    /// <summary>A reason without absolute paths of others.</summary>
    public string Hide(string reason) => Path().Replace(reason, path => IsShown(path.Value[path.Groups[Kind].Length..]) ? path.Value : Hidden);

    /// <summary>A record whose texts have none. One that is changed is no longer what its seal says.</summary>
    public RoundRecord Hide(RoundRecord record)
    {
        var failures = record.Failures.Select(Hide).ToList();
        var events = record.Events?.Select(Hide).ToList();
        return failures.SequenceEqual(record.Failures) && (events ?? []).SequenceEqual(record.Events ?? [], StringComparer.Ordinal)
            ? record
            : record with { Failures = failures, Events = events, Seal = null };
    }

    /// <summary>Clients of whose failures no text has any. Those that are changed are no longer what their seal says.</summary>
    public RoundClients Hide(RoundClients clients)
    {
        var failures = clients.Failures.Select(Hide).ToList();
        return failures.SequenceEqual(clients.Failures) ? clients : clients with { Failures = failures, Seal = null };
    }

    /// <summary>A failure whose reason has none.</summary>
    public ClientFailure Hide(ClientFailure failure) => failure with { Reason = Hide(failure.Reason) };

    /// <summary>A failure whose texts have none.</summary>
    public PastFailure Hide(PastFailure failure) => failure with
    {
        Reason = Hide(failure.Reason),
        MissingClients = failure.MissingClients is { } missing ? [.. missing.Select(Hide)] : null,
    };

    /// <summary>A spec that names none. It may have been started on the host itself.</summary>
    public FederationSpec Hide(FederationSpec spec) => spec with
    {
        Data = spec.Data is { } data && spec.Sites().Count == 0 && !IsShownData(data) ? Hidden : spec.Data,
        Initial = spec.Initial is { } initial && !ArtifactNames.IsGlobalParameters(initial) && !IsShown(initial) ? Hidden : spec.Initial,
    };

    /// <summary>Whether it names a file that may be shown, or none. What breaks while its author's code is asked may name any.</summary>
    private bool IsShownData(string data)
    {
        try
        {
            return datasets.FileOf(data) is not { } file || IsShown(file);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return false;
        }
    }

    // What looks like one path with a blank in it may be several.
    private bool IsShown(string path) =>
        options.ServerFiles is { } folder && !FurtherPath().IsMatch(path) && LinkFreePath.IsWithin(folder, path);

    // What a quote opens and closes is one path, whatever it holds, and so is what stands before a colon at the beginning of a reason, as readers of
    // data name their file; a slash within a word or a URL begins none. A kind of data, whichever
    // there are, may stand before a path.
    [GeneratedRegex(
        $$"""(?<=')({{KindOfData}})?(/|[A-Za-z]:[\\/]|\\\\)[^']*(?=')|(?<=^|: )({{KindOfData}})?/[^:']*(?=: )|(?<![\w:/.'])({{KindOfData}})?/[^\s'",;:()]+|(?<![\w'])[A-Za-z]:\\[^\s'",;()]+""",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Path();

    [GeneratedRegex($$"""[\s'",;(=]({{KindOfData}})?(/|[A-Za-z]:\\|\\\\)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex FurtherPath();
}
