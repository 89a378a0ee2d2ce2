using DurableTask.Core;
using DurableTask.Core.Query;

namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// A task hub, wherever it is kept: the instances with their histories, and the messages that wait for a worker. Any number of processes
/// share one.
/// </summary>
public sealed class TaskHub
{
    private readonly Func<IOrchestrationService, CancellationToken, Task> prepare;

    private TaskHub(
        IOrchestrationService work, IOrchestrationServiceClient instances, IOrchestrationServiceQueryClient queries,
        IOrchestrationServicePurgeClient purges, Func<IOrchestrationService, CancellationToken, Task> prepare)
    {
        this.prepare = prepare;
        Work = work;
        Instances = instances;
        Queries = queries;
        Purges = purges;
    }

    internal IOrchestrationService Work { get; }

    internal IOrchestrationServiceClient Instances { get; }

    internal IOrchestrationServiceQueryClient Queries { get; }

    internal IOrchestrationServicePurgeClient Purges { get; }

    /// <summary>The hub that one of Durable Task's services keeps.</summary>
    /// <param name="service">The service.</param>
    /// <param name="prepare">
    /// Makes the hub where it isn't yet, or throws a <see cref="TaskHubException"/> if it must not be used by these settings. Null lets the
    /// service make it.
    /// </param>
    public static TaskHub Of<T>(T service, Func<IOrchestrationService, CancellationToken, Task>? prepare = null)
        where T : IOrchestrationService, IOrchestrationServiceClient, IOrchestrationServiceQueryClient, IOrchestrationServicePurgeClient =>
        new(service, service, service, service, prepare ?? ((hub, _) => hub.CreateIfNotExistsAsync()));

    /// <summary>Makes the hub where it isn't yet. To be awaited before anything is asked of it.</summary>
    /// <exception cref="TaskHubException">It is there, and was made by other settings; or who uses it may not make it.</exception>
    public Task PrepareAsync(CancellationToken cancellationToken) => prepare(Work, cancellationToken);
}
