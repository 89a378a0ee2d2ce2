using System.Text.Json;
using FlDurable.DurableTask.Adapters;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.DurableTask;

namespace FlDurable.DurableTask.Hubs;

/// <summary>What a worker runs, by name.</summary>
/// <param name="Orchestrators">The orchestrators, on Durable Task's context.</param>
/// <param name="Activities">The activities, from input to output.</param>
public sealed record HubWork(
    IReadOnlyDictionary<string, Func<TaskOrchestrationContext, Task<JsonElement>>> Orchestrators,
    IReadOnlyDictionary<string, Func<JsonElement, CancellationToken, Task<JsonElement>>> Activities)
{
    /// <summary>What else the work can name and every node must have: <c>strategy fedavg</c>.</summary>
    public IReadOnlyList<string> Vocabulary { get; init; } = [];

    /// <summary>All of it, by kind and name.</summary>
    internal IReadOnlyList<string> Abilities =>
        [.. Orchestrators.Keys.Select(name => $"orchestrator {name}"), .. Activities.Keys.Select(name => $"activity {name}"), .. Vocabulary];

    /// <summary>The orchestrators and activities that are registered.</summary>
    internal static HubWork Of(
        IEnumerable<OrchestratorRegistration> orchestrators, OrchestratorRunner orchestratorRunner, IEnumerable<ActivityRegistration> activities,
        ActivityRunner activityRunner) => new(
        orchestrators.ToDictionary(
            orchestrator => orchestrator.Name,
            orchestrator =>
            {
                var descriptor = new OrchestratorDescriptor<JsonElement, JsonElement>(orchestrator.Name);
                return (Func<TaskOrchestrationContext, Task<JsonElement>>)(context => orchestratorRunner.RunAsync(descriptor, context));
            },
            StringComparer.Ordinal),
        activities.ToDictionary(
            activity => activity.Name,
            activity =>
            {
                var descriptor = new ActivityDescriptor<JsonElement, JsonElement>(activity.Name);
                return (Func<JsonElement, CancellationToken, Task<JsonElement>>)((input, cancel) => activityRunner.RunAsync(descriptor, input, cancel));
            },
            StringComparer.Ordinal));
}
