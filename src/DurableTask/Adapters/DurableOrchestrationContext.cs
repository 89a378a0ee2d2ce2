using System.Text.Json;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using RetryPolicy = FlDurable.Orchestrator.Durable.RetryPolicy;
using TaskFailedException = FlDurable.Orchestrator.Durable.TaskFailedException;

namespace FlDurable.DurableTask.Adapters;

/// <summary>
/// The port on Durable Task. Durable Task would take messages of any length and keep the long ones elsewhere; here they are refused, as in
/// every engine.
/// </summary>
internal sealed class DurableOrchestrationContext(TaskOrchestrationContext durable) : IOrchestrationContext
{
    public string InstanceId => durable.InstanceId;

    public string Version => durable.Version;

    public bool IsReplaying => durable.IsReplaying;

    public DateTime CurrentUtcDateTime => durable.CurrentUtcDateTime;

    public Task<TOutput> CallActivityAsync<TInput, TOutput>(
        ActivityDescriptor<TInput, TOutput> activity, TInput input, RetryPolicy? retryPolicy = null)
    {
        if (retryPolicy is { MaxNumberOfAttempts: < 1 })
            throw new ArgumentOutOfRangeException(nameof(retryPolicy), retryPolicy, "expected at least one attempt");
        var message = Messages.Write($"the input of activity '{activity.Name}'", input);
        return ActivityAsync<TOutput>(activity.Name, message, retryPolicy);
    }

    public Task<TOutput> CallSubOrchestratorAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var message = Messages.Write($"the input of orchestrator '{orchestrator.Name}'", input);
        var options = new SubOrchestrationOptions(instanceId: instanceId) { Version = new TaskVersion(Version) };
        return ChildAsync<TOutput>(durable.CallSubOrchestratorAsync<JsonElement>(orchestrator.Name, message, options));
    }

    public Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        // Durable Task would take a time of no kind for one of the machine's time zone.
        if (fireAt.Kind != DateTimeKind.Utc)
            throw new ArgumentException($"expected a time in UTC, got one of kind {fireAt.Kind}", nameof(fireAt));

        // And a timer that is cancelled already it would start all the same.
        return cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : WaitUntilAsync(fireAt, cancellationToken);
    }

    public async Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return Messages.Read<T>(await durable.WaitForExternalEvent<JsonElement>(eventName, cancellationToken));
    }

    public void SetCustomStatus<T>(T customStatus) => durable.SetCustomStatus(Messages.Write("the custom status", customStatus));

    public void ContinueAsNew<TInput>(TInput newInput, bool preserveUnprocessedEvents = true) =>
        durable.ContinueAsNew(Messages.Write("the input to continue with", newInput), preserveUnprocessedEvents);

    public Guid NewGuid() => durable.NewGuid();

    public ILogger CreateReplaySafeLogger(string categoryName) => durable.CreateReplaySafeLogger(categoryName);

    private static async Task<TOutput> ChildAsync<TOutput>(Task<JsonElement> child) => Messages.Read<TOutput>(await ResultAsync(child));

    private async Task<TOutput> ActivityAsync<TOutput>(string activity, JsonElement input, RetryPolicy? policy)
    {
        var output = Messages.Text(await AttemptAsync(activity, input, policy));
        return output == Messages.Nothing
            ? throw new TaskFailedException(activity, "it has stopped, since nobody waits for it any more")
            : ContractJson.Deserialize<TOutput>(output);
    }

    // Durable Task's own retries would wait by its timers, which fire early.
    private async Task<JsonElement> AttemptAsync(string activity, JsonElement input, RetryPolicy? policy)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await durable.CallActivityAsync<JsonElement>(activity, input);
            }
            catch (Microsoft.DurableTask.TaskFailedException failure)
            {
                if (policy is null || attempt >= policy.MaxNumberOfAttempts || failure.FailureDetails.IsCausedBy<FailedForGoodException>())
                    throw Failed(failure);
            }

            await WaitUntilAsync(CurrentUtcDateTime + policy.IntervalBefore(attempt + 1), CancellationToken.None);
        }
    }

    // Azure Storage hides a timer's message for whole seconds, rounded down, so that the timer fires up to a second early.
    private async Task WaitUntilAsync(DateTime fireAt, CancellationToken cancellationToken)
    {
        await durable.CreateTimer(fireAt, cancellationToken);
        while (CurrentUtcDateTime < fireAt)
            await durable.CreateTimer(fireAt.AddSeconds(1), cancellationToken);
    }

    private static async Task<JsonElement> ResultAsync(Task<JsonElement> task)
    {
        try
        {
            return await task;
        }
        catch (Microsoft.DurableTask.TaskFailedException failure)
        {
            throw Failed(failure);
        }
    }

    private static TaskFailedException Failed(Microsoft.DurableTask.TaskFailedException failure) =>
        new(failure.TaskName, Failures.Reason(failure.FailureDetails));
}
