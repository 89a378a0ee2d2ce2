using System.Text.RegularExpressions;
using Microsoft.DurableTask;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.FunctionApp.Adapters;

/// <summary>Durable Task's failures as the port's.</summary>
internal static partial class Failures
{
    private const int MaxLength = 4_000;

    /// <summary>A task that fails as the port says.</summary>
    /// <exception cref="Port.TaskFailedException">The activity or child has failed.</exception>
    public static async Task<T> OfPortAsync<T>(Task<T> task)
    {
        try
        {
            return await task;
        }
        catch (TaskFailedException failure)
        {
            throw new Port.TaskFailedException(failure.TaskName, Reason(failure.FailureDetails));
        }
    }

    /// <summary>
    /// What happened, for a person. Where Durable Functions could not tell an exception's type from its text, all of the text is the message,
    /// with causes and stack.
    /// </summary>
    public static string Reason(TaskFailureDetails failure)
    {
        var message = failure.ErrorMessage;
        if (CausesOrStack().Match(message) is { Success: true } rest)
            message = message[..rest.Index];
        return message.Length <= MaxLength ? message : $"{message.AsSpan(0, MaxLength)}…";
    }

    [GeneratedRegex(@"\r?\n( ---> |   at )", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex CausesOrStack();
}
