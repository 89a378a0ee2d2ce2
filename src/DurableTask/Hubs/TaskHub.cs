using System.Runtime.CompilerServices;
using DurableTask.Core;
using DurableTask.Core.Query;

namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// A task hub, wherever it is kept: the instances with their histories, and the messages that wait for a worker. Any number of processes
/// share one.
/// </summary>
public sealed class TaskHub
{
    /// <summary>How long an idle hub is not looked at, at most, unless a node is told otherwise.</summary>
    public static readonly TimeSpan UsualPoll = TimeSpan.FromMilliseconds(100);

    private readonly ITaskHubPlace place;

    private TaskHub(
        IOrchestrationService work, IOrchestrationServiceClient instances, IOrchestrationServiceQueryClient queries,
        IOrchestrationServicePurgeClient purges, ITaskHubPlace place)
    {
        this.place = place;
        Work = work;
        Instances = instances;
        Queries = queries;
        Purges = purges;
    }

    /// <summary>This process's name among the nodes.</summary>
    internal string Node { get; private init; } = HubNode.NewName();

    internal ITaskHubPlace Place => place;

    internal IOrchestrationService Work { get; }

    internal IOrchestrationServiceClient Instances { get; }

    internal IOrchestrationServiceQueryClient Queries { get; }

    internal IOrchestrationServicePurgeClient Purges { get; }

    /// <summary>The hub that one of Durable Task's services keeps in this process.</summary>
    public static TaskHub Of<T>(T service)
        where T : IOrchestrationService, IOrchestrationServiceClient, IOrchestrationServiceQueryClient, IOrchestrationServicePurgeClient =>
        new(service, service, service, service, new OwnPlace(service));

    /// <summary>The hub that one of Durable Task's services keeps somewhere.</summary>
    /// <param name="service">The service.</param>
    /// <param name="place">Where.</param>
    /// <param name="node">This process's name, as the service has it for an owner of locks.</param>
    internal static TaskHub Of<T>(T service, ITaskHubPlace place, string node)
        where T : IOrchestrationService, IOrchestrationServiceClient, IOrchestrationServiceQueryClient, IOrchestrationServicePurgeClient =>
        new(service, service, service, service, place) { Node = node };

    /// <summary>The nodes that are at work on the hub.</summary>
    public Task<IReadOnlyList<HubNode>> ReadNodesAsync(CancellationToken cancellationToken) => place.ReadNodesAsync(cancellationToken);

    /// <summary>Why nobody works on any instance now; null if somebody does, or where only this process could.</summary>
    internal async Task<string?> WhyIdleAsync(CancellationToken cancellationToken) =>
        place is OwnPlace || (await ReadNodesAsync(cancellationToken)).Count > 0 ? null : "no node is at work on the task hub; start one: fldurable node";

    /// <summary>The hub's queues; none where it has none to look at.</summary>
    public Task<IReadOnlyList<HubQueue>> ReadQueuesAsync(CancellationToken cancellationToken) => place.ReadQueuesAsync(cancellationToken);

    /// <summary>Instances that are not over, of all orchestrators and versions, without their inputs and outputs.</summary>
    internal async IAsyncEnumerable<OrchestrationState> FindLivingAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new OrchestrationQuery
        {
            RuntimeStatus = [OrchestrationStatus.Pending, OrchestrationStatus.Running, OrchestrationStatus.Suspended],
            PageSize = 1000,
            FetchInputsAndOutputs = false,
        };
        do
        {
            var page = await Queries.GetOrchestrationWithQueryAsync(query, cancellationToken);
            foreach (var state in page.OrchestrationState)
                yield return state;
            query.ContinuationToken = page.ContinuationToken;
        }
        while (query.ContinuationToken is not null);
    }

    /// <summary>Makes the hub where it isn't yet. To be awaited before anything is asked of it.</summary>
    /// <exception cref="TaskHubException">It is there, and was made by other settings; or who uses it may not make it.</exception>
    public Task PrepareAsync(CancellationToken cancellationToken) => place.PrepareAsync(cancellationToken);
}
