using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using RetryPolicy = FlDurable.Orchestrator.Durable.RetryPolicy;

namespace FlDurable.FunctionApp.Adapters;

/// <summary>
/// The port on Durable Task. Durable Functions would take messages of any length and keep the long ones elsewhere; here they are refused,
/// as in every engine.
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
        MessageLimit.Serialize($"the input of activity '{activity.Name}'", input);
        return Failures.OfPortAsync(durable.CallActivityAsync<TOutput>(activity.Name, input, retryPolicy.ToTaskOptions()));
    }

    public Task<TOutput> CallSubOrchestratorAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        MessageLimit.Serialize($"the input of orchestrator '{orchestrator.Name}'", input);
        var options = new SubOrchestrationOptions(instanceId: instanceId) { Version = new TaskVersion(Version) };
        return Failures.OfPortAsync(durable.CallSubOrchestratorAsync<TOutput>(orchestrator.Name, input, options));
    }

    public Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        // Durable Task would take a time of no kind for one of the machine's time zone.
        if (fireAt.Kind != DateTimeKind.Utc)
            throw new ArgumentException($"expected a time in UTC, got one of kind {fireAt.Kind}", nameof(fireAt));

        // And a timer that is cancelled already it would start all the same.
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled(cancellationToken)
            : durable.CreateTimer(fireAt, cancellationToken);
    }

    public Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return durable.WaitForExternalEvent<T>(eventName, cancellationToken);
    }

    public void SetCustomStatus<T>(T customStatus)
    {
        MessageLimit.Serialize("the custom status", customStatus);
        durable.SetCustomStatus(customStatus);
    }

    public void ContinueAsNew<TInput>(TInput newInput, bool preserveUnprocessedEvents = true)
    {
        MessageLimit.Serialize("the input to continue with", newInput);
        durable.ContinueAsNew(newInput, preserveUnprocessedEvents);
    }

    public Guid NewGuid() => durable.NewGuid();

    public ILogger CreateReplaySafeLogger(string categoryName) => durable.CreateReplaySafeLogger(categoryName);
}
