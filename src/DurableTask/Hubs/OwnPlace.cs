using DurableTask.Core;

namespace FlDurable.DurableTask.Hubs;

/// <summary>A task hub in this process's memory, which no other process can reach.</summary>
internal sealed class OwnPlace(IOrchestrationService service) : ITaskHubPlace
{
    public Task PrepareAsync(CancellationToken cancellationToken) => service.CreateIfNotExistsAsync();

    public Task AnnounceAsync(HubNode node, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WithdrawAsync(string node, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ForgetAsync(TimeSpan silence, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<HubNode>> ReadNodesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<HubNode>>([]);

    public Task<IReadOnlyList<HubQueue>> ReadQueuesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<HubQueue>>([]);

    public Task DrainAsync(string instanceId, CancellationToken cancellationToken) => Task.CompletedTask;
}
