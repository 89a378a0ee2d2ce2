using Microsoft.DurableTask;

namespace FlDurable.FunctionApp.Surface.Host;

/// <summary>A function's failure. The embedded engine keeps a message only: here it holds all that Durable Task tells of a failure.</summary>
internal sealed class FunctionFailedException(string errorType, Exception cause) : Exception($"{errorType}{Separator}{cause.Message}", cause)
{
    /// <summary>What Durable Functions says where it isn't told the exception's type.</summary>
    public const string UnknownType = "(unknown)";

    private const char Separator = '\u001f';

    /// <summary>What Durable Task tells of a failure that the embedded engine kept.</summary>
    public static TaskFailureDetails DetailsOf(string reason)
    {
        var end = reason.IndexOf(Separator, StringComparison.Ordinal);
        return end < 0
            ? new TaskFailureDetails(UnknownType, reason, StackTrace: null, InnerFailure: null, Properties: null) // the engine's own words
            : new TaskFailureDetails(reason[..end], reason[(end + 1)..], StackTrace: null, InnerFailure: null, Properties: null);
    }
}
