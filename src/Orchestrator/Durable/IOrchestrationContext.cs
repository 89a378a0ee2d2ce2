using FlDurable.Shared.Contracts;
using Microsoft.Extensions.Logging;

namespace FlDurable.Orchestrator.Durable;

/// <summary>
/// What an orchestrator can do. Its code is replayed from its history again and again, so it must be deterministic: everything that
/// could differ comes from here, and every <c>await</c> is on a task from here (or a combination of such tasks). The words are Durable
/// Task's.
/// </summary>
/// <remarks>
/// No message (input, output, event or custom status) may be over <see cref="MaxMessageBytes"/>. An event name has at most one waiter at
/// a time. Terminating or suspending an instance is not passed on to its running activities or children.
/// </remarks>
public interface IOrchestrationContext
{
    /// <summary>The most that a message may be long, as UTF-8 JSON.</summary>
    const int MaxMessageBytes = 16 * 1024;

    /// <summary>This instance's id. Never reused, also not when the instance is purged.</summary>
    string InstanceId { get; }

    /// <summary>The version of the orchestrations when this instance was started (<see cref="OrchestrationVersion"/>).</summary>
    string Version { get; }

    /// <summary>Whether this code has run before and is only being brought back to where it was.</summary>
    bool IsReplaying { get; }

    /// <summary>The time at which this turn began, the same in every replay.</summary>
    DateTime CurrentUtcDateTime { get; }

    /// <summary>Schedules an activity.</summary>
    /// <returns>Its output.</returns>
    /// <exception cref="TaskFailedException">On awaiting: it failed, and its retries are spent.</exception>
    Task<TOutput> CallActivityAsync<TInput, TOutput>(
        ActivityDescriptor<TInput, TOutput> activity, TInput input, RetryPolicy? retryPolicy = null);

    /// <summary>Starts another orchestration as a child.</summary>
    /// <returns>Its output.</returns>
    /// <exception cref="TaskFailedException">On awaiting: it failed.</exception>
    Task<TOutput> CallSubOrchestratorAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId);

    /// <summary>Waits, also across restarts.</summary>
    /// <param name="fireAt">When, in UTC; a time that has passed fires at once.</param>
    /// <param name="cancellationToken">Cancels the timer and its task.</param>
    Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

    /// <summary>Waits for an event that is raised to this instance by name. One that came before is kept and is there at once.</summary>
    /// <param name="eventName">The name, compared case-insensitively.</param>
    /// <param name="cancellationToken">Ends the wait and cancels its task.</param>
    Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default);

    /// <summary>Shows something to whoever asks for this instance.</summary>
    void SetCustomStatus<T>(T customStatus);

    /// <summary>
    /// Ends this execution and starts the next with an empty history. To be called last, with nothing outstanding. The orchestrator's
    /// return value is then ignored.
    /// </summary>
    void ContinueAsNew<TInput>(TInput newInput, bool preserveUnprocessedEvents = true);

    /// <summary>An id that is the same in every replay, and no other's.</summary>
    Guid NewGuid();

    /// <summary>A logger that is silent while replaying.</summary>
    ILogger CreateReplaySafeLogger(string categoryName);
}
