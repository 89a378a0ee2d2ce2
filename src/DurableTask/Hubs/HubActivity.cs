using System.Text.Json;
using DurableTask.Core.Exceptions;
using FlDurable.DurableTask.Adapters;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Texts;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// An activity as a hub's worker runs it. What fails for good is not tried again; what this node can't do now goes back to the hub, and counts
/// for nothing: another node may have the space, memory or connection that this one lacks.
/// </summary>
internal sealed partial class HubActivity(
    string name, Func<JsonElement, CancellationToken, Task<JsonElement>> run, HandBacks handBacks, ILogger logger, CancellationToken stopping) : TaskActivity<JsonElement, JsonElement>
{
    /// <summary>The longest reason: it is in the histories of all who pass it on.</summary>
    public const int LongestReason = 4_000;

    public override async Task<JsonElement> RunAsync(TaskActivityContext context, JsonElement input)
    {
        try
        {
            var output = await run(input, stopping);
            handBacks.Reset();
            return output;
        }
        catch (Exception exception) when (stopping.IsCancellationRequested)
        {
            // This worker stops: no failure of the activity, which another worker takes up.
            throw new SessionAbortedException("the worker is stopping", exception);
        }
        catch (Exception exception) when (exception is not SessionAbortedException)
        {
            var reason = Excerpt.Of(exception.Message, LongestReason);
            switch (exception is FailedForGoodException ? FailureKind.WorkForGood : FailureKinds.Of(exception))
            {
                case FailureKind.HostForNow:
                    LogHandedBack(name, context.InstanceId, reason);
                    await handBacks.PauseAsync(stopping);
                    throw new SessionAbortedException(reason, exception);
                case FailureKind.Work:
                    LogFailed(name, context.InstanceId, exception);
                    throw new ActivityFailedException(reason);
                default:
                    LogFailed(name, context.InstanceId, exception);
                    throw new FailedForGoodException(reason);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Activity {Activity} of {InstanceId} can't be done here now, and is handed back: {Reason}")]
    private partial void LogHandedBack(string activity, string instanceId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Activity {Activity} of {InstanceId} failed")]
    private partial void LogFailed(string activity, string instanceId, Exception exception);
}

/// <summary>An activity or orchestrator failed; without what caused it, whose text may be of any length.</summary>
internal sealed class ActivityFailedException(string message) : Exception(message);
