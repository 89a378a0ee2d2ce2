using FlDurable.Orchestrator.Durable;

namespace FlDurable.EmbeddedEngine;

/// <summary>The port's client: every call is a message to the engine's thread.</summary>
internal sealed class EmbeddedEngineClient(EmbeddedEngineHost host) : IOrchestrationClient
{
    public Task<bool> ScheduleNewOrchestrationInstanceAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var json = MessageLimit.Serialize($"the input of orchestrator '{orchestrator.Name}'", input);
        return host.AskAsync(engine => engine.Start(orchestrator.Name, json, instanceId), cancellationToken);
    }

    public Task<bool> RestartFailedInstanceAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, DateTimeOffset failedAt, CancellationToken cancellationToken)
    {
        var json = MessageLimit.Serialize($"the input of orchestrator '{orchestrator.Name}'", input);
        return host.AskAsync(engine => engine.RestartFailed(orchestrator.Name, json, instanceId, failedAt), cancellationToken);
    }

    public Task RaiseEventAsync<T>(string instanceId, string eventName, T eventPayload, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        var json = MessageLimit.Serialize($"event '{eventName}'", eventPayload);
        return DoAsync(engine => engine.Raise(instanceId, eventName, json), cancellationToken);
    }

    public Task TerminateInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) =>
        DoAsync(engine => engine.Terminate(instanceId, reason), cancellationToken);

    public Task SuspendInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) =>
        DoAsync(engine => engine.Suspend(instanceId), cancellationToken);

    public Task ResumeInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) =>
        DoAsync(engine => engine.Resume(instanceId), cancellationToken);

    public Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken) =>
        host.AskAsync(engine => engine.Purge(instanceId), cancellationToken);

    public Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken) =>
        host.AskAsync(engine => engine.Find(instanceId), cancellationToken);

    public Task<OrchestrationPage> GetInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken) =>
        host.AskAsync(engine => engine.List(query), cancellationToken);

    public async Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, CancellationToken cancellationToken)
    {
        await host.WaitAsync(await host.AskAsync(engine => engine.WhenOver(instanceId), cancellationToken), cancellationToken);
        return await GetInstanceAsync(instanceId, cancellationToken)
            ?? throw new KeyNotFoundException($"instance '{instanceId}' was purged when it was over");
    }

    private Task<bool> DoAsync(Action<Engine> request, CancellationToken cancellationToken) => host.AskAsync(
        engine =>
        {
            request(engine);
            return true;
        },
        cancellationToken);
}
