using System.Text.Json;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.FunctionApp.Surface.Host;

/// <summary>Durable Task's context on the embedded engine's.</summary>
internal sealed class SurfaceContext(string name, IOrchestrationContext engine, JsonElement input, Payloads payloads) : TaskOrchestrationContext
{
    private int taskId;

    public override TaskName Name => name;

    public override string InstanceId => engine.InstanceId;

    public override ParentOrchestrationInstance? Parent => throw new NotSupportedException("the embedded engine does not tell the parent");

    public override DateTime CurrentUtcDateTime => engine.CurrentUtcDateTime;

    public override bool IsReplaying => engine.IsReplaying;

    public override string Version => engine.Version;

    protected override ILoggerFactory LoggerFactory => NullLoggerFactory.Instance;

    public override T GetInput<T>() => payloads.Read<T>(input);

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null) =>
        ReadAsync<TResult>(engine.CallActivityAsync(
            new ActivityDescriptor<JsonElement, JsonElement>(name), payloads.Write(input), Policy(options?.Retry?.Policy)));

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(
        TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        var instanceId = (options as SubOrchestrationOptions)?.InstanceId ?? $"{NewGuid():N}";
        if ((options as SubOrchestrationOptions)?.Version is { } version && version.Version != Version)
            throw new NotSupportedException($"the embedded engine starts children by the parent's version '{Version}', not '{version.Version}'");
        return ReadAsync<TResult>(engine.CallSubOrchestratorAsync(
            new OrchestratorDescriptor<JsonElement, JsonElement>(orchestratorName), payloads.Write(input), instanceId));
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken) =>
        engine.CreateTimer(fireAt.ToUniversalTime(), cancellationToken);

    public override async Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default) =>
        payloads.Read<T>(await engine.WaitForExternalEvent<JsonElement>(eventName, cancellationToken));

    public override void SendEvent(string instanceId, string eventName, object payload) =>
        throw new NotSupportedException("the embedded engine's orchestrators raise no events");

    public override void SetCustomStatus(object? customStatus) => engine.SetCustomStatus(payloads.Write(customStatus));

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        engine.ContinueAsNew(payloads.Write(newInput), preserveUnprocessedEvents);

    public override Guid NewGuid() => engine.NewGuid();

    public override ILogger CreateReplaySafeLogger(string categoryName) => engine.CreateReplaySafeLogger(categoryName);

    private static Port.RetryPolicy? Policy(Microsoft.DurableTask.RetryPolicy? policy) => policy is null
        ? null
        : new Port.RetryPolicy(
            policy.MaxNumberOfAttempts, policy.FirstRetryInterval, policy.BackoffCoefficient,
            policy.MaxRetryInterval == Timeout.InfiniteTimeSpan ? null : policy.MaxRetryInterval);

    private async Task<T> ReadAsync<T>(Task<JsonElement> task)
    {
        var id = taskId++;
        try
        {
            return payloads.Read<T>(await task);
        }
        catch (Port.TaskFailedException failure)
        {
            throw new Microsoft.DurableTask.TaskFailedException(failure.TaskName, id, FunctionFailedException.DetailsOf(failure.Reason));
        }
    }
}
