using FlDurable.Orchestrator.Durable;

namespace FlDurable.Durable.Conformance;

/// <summary>
/// A durable engine as the suite sees it. It runs the orchestrators and activities that <see cref="ConformanceSuite.AddCases"/> adds to
/// its services, under the <see cref="OrchestrationVersion"/> there.
/// </summary>
public interface IConformanceHost
{
    /// <summary>Starts an instance.</summary>
    Task StartAsync<TInput, TOutput>(OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId);

    /// <summary>Starts an instance once more that failed at a moment.</summary>
    /// <returns>Whether it was started.</returns>
    Task<bool> RestartFailedAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, DateTimeOffset failedAt);

    /// <summary>Raises an event to an instance.</summary>
    Task RaiseAsync<T>(string instanceId, string eventName, T payload);

    /// <summary>Terminates an instance.</summary>
    Task TerminateAsync(string instanceId, string reason);

    /// <summary>Suspends an instance.</summary>
    Task SuspendAsync(string instanceId, string reason);

    /// <summary>Resumes an instance.</summary>
    Task ResumeAsync(string instanceId, string reason);

    /// <summary>
    /// Waits, real time or virtual, until something is true of an instance. A host whose time is virtual sets it on to the next timer only
    /// when nothing else is left to happen.
    /// </summary>
    Task<OrchestrationMetadata> WaitAsync(string instanceId, Func<OrchestrationMetadata, bool> until);

    /// <summary>What is known of an instance now.</summary>
    Task<OrchestrationMetadata> OutcomeAsync(string instanceId);

    /// <summary>Stops and goes on with the same instances under a version of the orchestrations.</summary>
    Task RestartAsync(OrchestrationVersion version);
}
