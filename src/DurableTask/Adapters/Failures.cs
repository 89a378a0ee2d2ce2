using System.Text.RegularExpressions;
using FlDurable.Shared.Texts;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace FlDurable.DurableTask.Adapters;

/// <summary>Durable Task's failures, for a person.</summary>
internal static partial class Failures
{
    private const int MaxLength = 4_000;

    /// <summary>
    /// What happened. Where Durable Functions could not tell an exception's type from its text, all of the text is the message, with causes
    /// and stack.
    /// </summary>
    public static string Reason(TaskFailureDetails failure) => Shorten(failure.ErrorMessage);

    /// <summary>
    /// Why an instance failed. In Azure Storage it has no details: the exception's text, with its type in front, is in the place of the
    /// output.
    /// </summary>
    /// <param name="instance">A failed instance, read with its outputs.</param>
    public static string? Reason(OrchestrationMetadata instance)
    {
        if (instance.FailureDetails is { } failure)
            return Reason(failure);
        return instance.SerializedOutput is { } output ? Shorten(TypeInFront().Replace(Instances.Text(output), "", count: 1)) : null;
    }

    private static string Shorten(string message)
    {
        if (CausesOrStack().Match(message) is { Success: true } rest)
            message = message[..rest.Index];
        return Excerpt.Of(message, MaxLength);
    }

    [GeneratedRegex(@"\r?\n( ---> |   at )", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex CausesOrStack();

    [GeneratedRegex(@"^[A-Za-z_][\w.+`]*Exception: ", RegexOptions.CultureInvariant)]
    private static partial Regex TypeInFront();
}
