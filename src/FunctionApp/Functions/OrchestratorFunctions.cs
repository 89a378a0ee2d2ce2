using FlDurable.DurableTask.Adapters;
using FlDurable.Orchestrator;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace FlDurable.FunctionApp.Functions;

/// <summary>The orchestrators.</summary>
public sealed class OrchestratorFunctions(OrchestratorRunner orchestrators)
{
    /// <summary>One federation, from its spec to its result.</summary>
    [Function("FederationOrchestrator")]
    public Task<ArtifactReference> Federation([OrchestrationTrigger] TaskOrchestrationContext context) =>
        orchestrators.RunAsync(Orchestrations.Federation, context);

    /// <summary>One attempt at one round.</summary>
    [Function("RoundOrchestrator")]
    public Task<RoundOutcome> Round([OrchestrationTrigger] TaskOrchestrationContext context) =>
        orchestrators.RunAsync(Orchestrations.Round, context);

    /// <summary>One leaf of a round's selection, or a subtree of leaves.</summary>
    [Function("LeafOrchestrator")]
    public Task<PartResult> Leaf([OrchestrationTrigger] TaskOrchestrationContext context) =>
        orchestrators.RunAsync(Orchestrations.Leaf, context);

    /// <summary>Telling somebody that a federation is over.</summary>
    [Function("NotificationOrchestrator")]
    public Task<bool> Notification([OrchestrationTrigger] TaskOrchestrationContext context) =>
        orchestrators.RunAsync(Orchestrations.Notification, context);
}
