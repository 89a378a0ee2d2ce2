using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>The orchestrations of a federation.</summary>
public static class Orchestrations
{
    /// <summary>
    /// The version of their code. It changes with every change after which an older history would replay differently. A federation of a version that
    /// is taken over goes on after the last round that it had recorded; what was done of the next is found in the store.
    /// </summary>
    public static OrchestrationVersion Version { get; } = new("6") { TakesOver = ["4", "5"] };

    /// <summary>One federation, from its spec to its result.</summary>
    public static OrchestratorDescriptor<FederationState, ArtifactReference> Federation { get; } = new(nameof(FederationOrchestrator));

    /// <summary>One attempt at one round.</summary>
    public static OrchestratorDescriptor<RoundInput, RoundOutcome> Round { get; } = new(nameof(RoundOrchestrator));

    /// <summary>One leaf of a round's selection, or a subtree of leaves.</summary>
    public static OrchestratorDescriptor<LeafInput, PartResult> Leaf { get; } = new(nameof(LeafOrchestrator));

    /// <summary>Telling somebody that a federation is over.</summary>
    public static OrchestratorDescriptor<Notification, bool> Notification { get; } = new(nameof(NotificationOrchestrator));
}

/// <summary>What an attempt at a round that failed is told as.</summary>
internal static class FailedRounds
{
    private const int MaxReasonBytes = 1000;

    extension(RoundOutcome)
    {
        public static RoundOutcome Failed(string reason, bool canBeRetried, ArtifactReference? updates = null) =>
            new(null, Reasons.Shorten(reason, MaxReasonBytes), canBeRetried, updates);
    }
}
