using FlDurable.Shared.Json;

namespace FlDurable.Orchestrator.Durable;

/// <summary>What a host can do with orchestration instances. The words are Durable Task's client's.</summary>
/// <remarks>
/// An id is one instance's for good: none that is over makes room for another, and one that has failed goes on as itself
/// (<see cref="RestartFailedInstanceAsync"/>). Only one that was purged is forgotten with its id; who gives ids out must not give that out again.
/// </remarks>
public interface IOrchestrationClient
{
    /// <summary>Starts an instance. An instance of that id that is there already, whatever its state, is left as it is.</summary>
    /// <returns>Whether it was started now.</returns>
    Task<bool> ScheduleNewOrchestrationInstanceAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, CancellationToken cancellationToken);

    /// <summary>
    /// Starts an instance that has failed once more, with another input: its id and the time of its start stay, its history and the children of its
    /// failed execution are of no more account. Children of the new one must have other ids than those.
    /// </summary>
    /// <remarks>
    /// An engine that processes share may look and start in two steps. Of two processes that start the same failure over at the same moment both may then
    /// be answered that they did: the later start takes the first one's place, or follows on its failure. So whatever a start's input makes its execution
    /// name, children and artifacts, has to be this start's alone, also among those of one failure.
    /// </remarks>
    /// <param name="orchestrator">What it is an instance of.</param>
    /// <param name="input">Its new input.</param>
    /// <param name="instanceId">Its id.</param>
    /// <param name="failedAt">When it failed, by <see cref="OrchestrationMetadata.LastUpdatedAt"/>: of two that start the same failure over one does, in one process.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether it was started now; not if it is gone, has not failed, or failed at another time.</returns>
    Task<bool> RestartFailedInstanceAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, DateTimeOffset failedAt, CancellationToken cancellationToken);

    /// <summary>Delivers an event to an instance that is not over; to any other it is ignored.</summary>
    Task RaiseEventAsync<T>(string instanceId, string eventName, T eventPayload, CancellationToken cancellationToken);

    /// <summary>Ends an instance as it is. Running activities and children are left alone.</summary>
    Task TerminateInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken);

    /// <summary>Holds an instance: what arrives for it waits.</summary>
    Task SuspendInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken);

    /// <summary>Lets a suspended instance go on.</summary>
    Task ResumeInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken);

    /// <summary>Forgets an instance that is over.</summary>
    /// <returns>Whether there was one to forget.</returns>
    Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>What is known of an instance, or null.</summary>
    Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>Instances a page at a time, each page the oldest first. An engine may order the pages otherwise.</summary>
    /// <exception cref="ArgumentException">The page's size or the continuation token is none.</exception>
    Task<OrchestrationPage> GetInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken);

    /// <summary>Waits until an instance is over (<see cref="OrchestrationMetadata.IsOver"/>).</summary>
    /// <exception cref="KeyNotFoundException">There is no such instance.</exception>
    Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, CancellationToken cancellationToken);
}

/// <summary>The states of an instance.</summary>
public enum OrchestrationRuntimeStatus
{
    /// <summary>Started, its first turn still to come.</summary>
    Pending,

    /// <summary>On its way.</summary>
    Running,

    /// <summary>Held.</summary>
    Suspended,

    /// <summary>Over: it returned.</summary>
    Completed,

    /// <summary>Over: it threw.</summary>
    Failed,

    /// <summary>Over: it was ended from outside.</summary>
    Terminated,
}

/// <summary>What is known of an instance.</summary>
/// <param name="Name">Its orchestrator's name.</param>
/// <param name="InstanceId">Its id.</param>
/// <param name="RuntimeStatus">Its state.</param>
/// <param name="CreatedAt">When it was started, in UTC; in some engines when its newest execution was (<see cref="IOrchestrationContext.ContinueAsNew"/>).</param>
/// <param name="LastUpdatedAt">When its state last changed, in UTC.</param>
/// <param name="SerializedCustomStatus">Its custom status as JSON, or null.</param>
/// <param name="SerializedOutput">What it returned, as JSON; null until it is completed.</param>
/// <param name="FailureReason">Why it failed or was terminated, for a person.</param>
/// <param name="Waiting">What its host can't do for it now and tries again, for a person; null when there is nothing, or the engine can't tell.</param>
public sealed record OrchestrationMetadata(
    string Name, string InstanceId, OrchestrationRuntimeStatus RuntimeStatus, DateTimeOffset CreatedAt, DateTimeOffset LastUpdatedAt,
    string? SerializedCustomStatus, string? SerializedOutput, string? FailureReason,
    string? Waiting = null)
{
    /// <summary>What its newest execution was given, as JSON; null where the engine does not tell.</summary>
    public string? SerializedInput { get; init; }

    /// <summary>Whether nothing more will happen to it.</summary>
    public bool IsOver => RuntimeStatus is
        OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;

    /// <summary>The custom status, or null.</summary>
    public T? ReadCustomStatusAs<T>()
        where T : class => SerializedCustomStatus is null ? null : ContractJson.Deserialize<T>(SerializedCustomStatus);

    /// <summary>What it returned, or null.</summary>
    public T? ReadOutputAs<T>()
        where T : class => SerializedOutput is null ? null : ContractJson.Deserialize<T>(SerializedOutput);
}

/// <summary>Which instances to list.</summary>
/// <param name="Statuses">Only those in one of these states; null for all.</param>
/// <param name="InstanceIdPrefix">Only those whose id begins so.</param>
/// <param name="OrchestratorName">Only those of this orchestrator.</param>
/// <param name="PageSize">At most so many, 1 to 1,000.</param>
/// <param name="ContinuationToken">Where the page before ended.</param>
public sealed record OrchestrationQuery(
    IReadOnlyList<OrchestrationRuntimeStatus>? Statuses = null, string? InstanceIdPrefix = null, string? OrchestratorName = null,
    int PageSize = 100, string? ContinuationToken = null);

/// <summary>A page of instances.</summary>
/// <param name="Instances">The instances.</param>
/// <param name="ContinuationToken">Where to go on; null on the last page.</param>
public sealed record OrchestrationPage(IReadOnlyList<OrchestrationMetadata> Instances, string? ContinuationToken);
