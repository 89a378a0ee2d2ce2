using System.Text.Json;
using FlDurable.Orchestrator.Durable;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Durable = Microsoft.DurableTask.Client;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.FunctionApp.Surface.Host;

/// <summary>
/// Durable Task's client on the embedded engine's. As the Functions host does, it takes a request for what is over for an error, and tells
/// outputs only when they are asked for.
/// </summary>
internal sealed class SurfaceClient(IFederationClient engine, Payloads payloads, string version) : DurableTaskClient("surface")
{
    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        if (options?.Version?.Version != version)
            throw new ArgumentException($"expected version '{version}', which host.json has, got '{options?.Version?.Version}'", nameof(options));
        var instanceId = options.InstanceId ?? $"{Guid.NewGuid():N}";
        var isStarted = await engine.ScheduleNewOrchestrationInstanceAsync(
            new OrchestratorDescriptor<JsonElement, JsonElement>(orchestratorName), payloads.Write(input), instanceId, cancellation);
        return isStarted ? instanceId : throw new InvalidOperationException($"An Orchestration instance with the ID {instanceId} already exists.");
    }

    public override async Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        await RefuseUnlessLiveAsync(instanceId, cancellation);
        await engine.RaiseEventAsync(instanceId, eventName, payloads.Write(eventPayload), cancellation);
    }

    public override Task<Durable.OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        throw new NotSupportedException("the embedded engine tells only when an instance is over");

    public override async Task<Durable.OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        ToDurable(await engine.WaitForInstanceCompletionAsync(instanceId, cancellation), getInputsAndOutputs);

    public override async Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        await RefuseUnlessLiveAsync(instanceId, cancellation);
        await engine.TerminateInstanceAsync(instanceId, (string?)options?.Output ?? "", cancellation);
    }

    public override async Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        await RefuseUnlessLiveAsync(instanceId, cancellation);
        await engine.SuspendInstanceAsync(instanceId, reason ?? "", cancellation);
    }

    public override async Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        await RefuseUnlessLiveAsync(instanceId, cancellation);
        await engine.ResumeInstanceAsync(instanceId, reason ?? "", cancellation);
    }

    public override async Task<Durable.OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        await engine.GetInstanceAsync(instanceId, cancellation) is { } instance ? ToDurable(instance, getInputsAndOutputs) : null;

    public override AsyncPageable<Durable.OrchestrationMetadata> GetAllInstancesAsync(Durable.OrchestrationQuery? filter = null) =>
        new SurfacePages(engine, filter ?? new Durable.OrchestrationQuery());

    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default) =>
        new(await engine.PurgeInstanceAsync(instanceId, cancellation) ? 1 : 0);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static Durable.OrchestrationMetadata ToDurable(Port.OrchestrationMetadata instance, bool withOutputs) =>
        new(instance.Name, instance.InstanceId)
        {
            RuntimeStatus = Enum.Parse<Durable.OrchestrationRuntimeStatus>(instance.RuntimeStatus.ToString()),
            CreatedAt = instance.CreatedAt,
            LastUpdatedAt = instance.LastUpdatedAt,
            SerializedCustomStatus = withOutputs ? instance.SerializedCustomStatus : null,
            SerializedOutput = withOutputs ? Output(instance) : null,
            FailureDetails = withOutputs && instance is { RuntimeStatus: Port.OrchestrationRuntimeStatus.Failed, FailureReason: { } reason }
                ? FunctionFailedException.DetailsOf(reason)
                : null,
        };

    private static string? Output(Port.OrchestrationMetadata instance) =>
        instance.RuntimeStatus == Port.OrchestrationRuntimeStatus.Terminated
            ? JsonSerializer.Serialize(instance.FailureReason)
            : instance.SerializedOutput;

    private async Task RefuseUnlessLiveAsync(string instanceId, CancellationToken cancellation)
    {
        if (await engine.GetInstanceAsync(instanceId, cancellation) is not { IsOver: false })
            throw new InvalidOperationException($"The orchestration instance '{instanceId}' does not exist or is over.");
    }
}
