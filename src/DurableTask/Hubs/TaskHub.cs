using DurableTask.Core;
using DurableTask.Core.Query;

namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// A task hub, wherever it is kept: the instances with their histories, and the messages that wait for a worker. Any number of processes
/// share one.
/// </summary>
public sealed class TaskHub
{
    private TaskHub(
        IOrchestrationService work, IOrchestrationServiceClient instances, IOrchestrationServiceQueryClient queries,
        IOrchestrationServicePurgeClient purges)
    {
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
    public static TaskHub Of<T>(T service)
        where T : IOrchestrationService, IOrchestrationServiceClient, IOrchestrationServiceQueryClient, IOrchestrationServicePurgeClient =>
        new(service, service, service, service);

    /// <summary>Makes the hub where it isn't yet.</summary>
    public Task CreateIfNotExistsAsync() => Work.CreateIfNotExistsAsync();

    /// <summary>Removes the hub with all its instances.</summary>
    public Task DeleteAsync() => Work.DeleteAsync();
}
