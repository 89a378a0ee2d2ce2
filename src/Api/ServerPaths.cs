using System.Text.RegularExpressions;
using FlDurable.Shared.Contracts;

namespace FlDurable.Api;

/// <summary>Keeps the names of the host's files to itself: reasons are written for whoever runs the host, who may be someone else.</summary>
internal static partial class ServerPaths
{
    private const string Hidden = "…";

    /// <summary>A reason without absolute paths.</summary>
    public static string Hide(string reason) => Path().Replace(reason, Hidden);

    /// <summary>A record whose reasons have none. One that is changed is no longer what its seal says.</summary>
    public static RoundRecord Hide(RoundRecord record)
    {
        var failures = record.Failures.Select(failure => failure with { Reason = Hide(failure.Reason) }).ToList();
        return failures.SequenceEqual(record.Failures) ? record : record with { Failures = failures, Seal = null };
    }

    // What a quote opens and closes is one path, whatever it holds, and so is what stands before a colon at the beginning of a reason, as readers of
    // data name their file; a slash within a word or a URL begins none. A kind of data may stand before a path.
    [GeneratedRegex(
        """(?<=')((cifar10|images):)?(/|[A-Za-z]:[\\/]|\\\\)[^']*(?=')|(?<=^|: )((cifar10|images):)?/[^:']*(?=: )|(?<![\w:/.'])((cifar10|images):)?/[^\s'",;:()]+|(?<![\w'])[A-Za-z]:\\[^\s'",;()]+""",
        RegexOptions.CultureInvariant)]
    private static partial Regex Path();
}
