using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.Places;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.State;

/// <summary>The instances of a state folder or of a task hub, for whoever only looks.</summary>
internal interface IInstances
{
    /// <summary>Whether a process is at work on them.</summary>
    Task<bool> AreAtWorkAsync(CancellationToken cancellationToken);

    /// <summary>The last sign of life of the process that is, or was, at work on them; null where nothing says so.</summary>
    Task<SignOfLife?> FindSignOfLifeAsync(CancellationToken cancellationToken);

    /// <summary>What is known of an instance, or null.</summary>
    Task<OrchestrationMetadata?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Instances, a page at a time.</summary>
    Task<OrchestrationPage> ListAsync(OrchestrationQuery query, CancellationToken cancellationToken);
}

/// <summary>Those of a state folder, also while another process works on it. A folder that is not there is left so.</summary>
internal sealed class FolderInstances(string folder) : IInstances
{
    public Task<bool> AreAtWorkAsync(CancellationToken cancellationToken) => Task.FromResult(InstanceReader.IsAtWork(folder));

    public Task<SignOfLife?> FindSignOfLifeAsync(CancellationToken cancellationToken) => Task.FromResult(InstanceReader.FindSignOfLife(folder));

    public Task<OrchestrationMetadata?> FindAsync(string id, CancellationToken cancellationToken)
    {
        using var instances = InstanceReader.Open(folder);
        return Task.FromResult(instances?.Find(id));
    }

    public Task<OrchestrationPage> ListAsync(OrchestrationQuery query, CancellationToken cancellationToken)
    {
        using var instances = InstanceReader.Open(folder);
        return Task.FromResult(instances?.List(query) ?? new OrchestrationPage([], ContinuationToken: null));
    }
}

/// <summary>Those of a task hub.</summary>
internal sealed class HubInstances(NamedHub hub) : IInstances
{
    private IServiceProvider? services;

    public async Task<bool> AreAtWorkAsync(CancellationToken cancellationToken) =>
        (await (await GetAsync<TaskHub>(cancellationToken)).ReadNodesAsync(cancellationToken)).Count > 0;

    // Of a hub's nodes some may be silent while others go on: which take part is the hub's own to say.
    public Task<SignOfLife?> FindSignOfLifeAsync(CancellationToken cancellationToken) => Task.FromResult<SignOfLife?>(null);

    public async Task<OrchestrationMetadata?> FindAsync(string id, CancellationToken cancellationToken) =>
        await (await GetAsync<IOrchestrationClient>(cancellationToken)).GetInstanceAsync(id, cancellationToken);

    public async Task<OrchestrationPage> ListAsync(OrchestrationQuery query, CancellationToken cancellationToken) =>
        await (await GetAsync<IOrchestrationClient>(cancellationToken)).GetInstancesAsync(query, cancellationToken);

    private async Task<T> GetAsync<T>(CancellationToken cancellationToken)
        where T : notnull
    {
        services ??= new ServiceCollection()
            .AddSingleton(Orchestrations.Version)
            .AddTaskHub(await hub.FindAsync(cancellationToken))
            .BuildServiceProvider();
        return services.GetRequiredService<T>();
    }
}
