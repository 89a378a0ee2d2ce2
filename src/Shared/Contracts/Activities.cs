using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Contracts;

/// <summary>Every activity of a federation, in the order in which they run.</summary>
public static class Activities
{
    /// <summary>Reads the data, decides with it what the federation learns from, and partitions it once for all federations with the same recipe.</summary>
    public static ActivityDescriptor<FederationInput, PrepareDatasetResult> PrepareDataset { get; } = new(nameof(PrepareDataset), WaitsForData: true);

    /// <summary>Writes the global parameters of round 0.</summary>
    public static ActivityDescriptor<FederationInput, ArtifactReference> InitializeModel { get; } = new(nameof(InitializeModel));

    /// <summary>Writes who takes part in a round.</summary>
    public static ActivityDescriptor<SelectClientsInput, SelectClientsResult> SelectClients { get; } = new(nameof(SelectClients));

    /// <summary>Trains a cohort's clients, one after another.</summary>
    public static ActivityDescriptor<CohortInput, PartResult> TrainClient { get; } = OfClients(RoundPhase.Fit);

    /// <summary>Sums a leaf's updates, or collects its evaluations.</summary>
    public static ActivityDescriptor<AggregateLeafInput, PartResult> AggregateLeaf { get; } = new(nameof(AggregateLeaf));

    /// <summary>Adds neighbouring subtrees of a selection of more than one leaf.</summary>
    public static ActivityDescriptor<MergeSubtreesInput, PartResult> MergeSubtrees { get; } = new(nameof(MergeSubtrees));

    /// <summary>Makes a candidate for the next global parameters of the updates.</summary>
    public static ActivityDescriptor<AggregateUpdatesInput, AggregateUpdatesResult> AggregateUpdates { get; } = new(nameof(AggregateUpdates));

    /// <summary>Finds updates that stand out among those whose aggregate is of no use.</summary>
    public static ActivityDescriptor<FindOutliersInput, FindOutliersResult> FindOutliers { get; } = new(nameof(FindOutliers));

    /// <summary>Judges the global parameters on the central test set.</summary>
    public static ActivityDescriptor<EvaluateGlobalInput, EvaluateGlobalResult> EvaluateGlobal { get; } = new(nameof(EvaluateGlobal));

    /// <summary>Lets a cohort's clients judge the global parameters on their validation examples.</summary>
    public static ActivityDescriptor<CohortInput, PartResult> EvaluateClient { get; } = OfClients(RoundPhase.Evaluate);

    /// <summary>Gives the global parameters their final name and writes the round's record.</summary>
    public static ActivityDescriptor<RecordRoundInput, RecordRoundResult> RecordRound { get; } = new(nameof(RecordRound));

    /// <summary>Looks whether a round is recorded that could not be run: by an engine whose database was lost.</summary>
    public static ActivityDescriptor<FindRoundInput, FindRoundResult> FindRound { get; } = new(nameof(FindRound));

    /// <summary>Deletes the updates of a recorded round, and the global parameters that it supersedes.</summary>
    public static ActivityDescriptor<CleanUpRoundInput, bool> CleanUpRound { get; } = new(nameof(CleanUpRound));

    /// <summary>Writes the final model and the result.</summary>
    public static ActivityDescriptor<CompleteFederationInput, ArtifactReference> CompleteFederation { get; } = new(nameof(CompleteFederation));

    /// <summary>What clients do in a phase of a round: <see cref="TrainClient"/> or <see cref="EvaluateClient"/>.</summary>
    public static ActivityDescriptor<CohortInput, PartResult> OfClients(RoundPhase phase) => new(phase.Activity, IsOfClients: true);

    /// <summary>Has somebody who asked for it told that the federation is over.</summary>
    public static ActivityDescriptor<Notification, bool> BeginNotification { get; } = new(nameof(BeginNotification), AsksEngine: true);

    /// <summary>Tells somebody who asked for it that the federation is over.</summary>
    public static ActivityDescriptor<Notification, bool> SendNotification { get; } = new(nameof(SendNotification));
}
