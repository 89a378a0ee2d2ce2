using FlDurable.DurableTask.Adapters;
using FlDurable.FunctionApp.Hosting;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace FlDurable.FunctionApp.Functions;

/// <summary>The server's activities.</summary>
public sealed class ServerActivityFunctions(ActivityRunner activities, CurrentDurableClient current)
{
    /// <summary>Reads and partitions the data set, and tells the federation how far that is.</summary>
    [Function(nameof(Activities.PrepareDataset))]
    public Task<PrepareDatasetResult> PrepareDataset(
        [ActivityTrigger] FederationInput input, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        current.Use(client);
        return activities.RunAsync(Activities.PrepareDataset, input, cancellationToken);
    }

    /// <summary>Writes the global parameters of round 0.</summary>
    [Function(nameof(Activities.InitializeModel))]
    public Task<ArtifactReference> InitializeModel([ActivityTrigger] FederationInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.InitializeModel, input, cancellationToken);

    /// <summary>Writes who takes part in a round.</summary>
    [Function(nameof(Activities.SelectClients))]
    public Task<SelectClientsResult> SelectClients([ActivityTrigger] SelectClientsInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.SelectClients, input, cancellationToken);

    /// <summary>Sums a leaf's updates, or collects its evaluations.</summary>
    [Function(nameof(Activities.AggregateLeaf))]
    public Task<PartResult> AggregateLeaf([ActivityTrigger] AggregateLeafInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.AggregateLeaf, input, cancellationToken);

    /// <summary>Adds neighbouring subtrees.</summary>
    [Function(nameof(Activities.MergeSubtrees))]
    public Task<PartResult> MergeSubtrees([ActivityTrigger] MergeSubtreesInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.MergeSubtrees, input, cancellationToken);

    /// <summary>Makes a candidate for the next global parameters.</summary>
    [Function(nameof(Activities.AggregateUpdates))]
    public Task<AggregateUpdatesResult> AggregateUpdates([ActivityTrigger] AggregateUpdatesInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.AggregateUpdates, input, cancellationToken);

    /// <summary>Finds updates that stand out.</summary>
    [Function(nameof(Activities.FindOutliers))]
    public Task<FindOutliersResult> FindOutliers([ActivityTrigger] FindOutliersInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.FindOutliers, input, cancellationToken);

    /// <summary>Writes the round's record.</summary>
    [Function(nameof(Activities.RecordRound))]
    public Task<RecordRoundResult> RecordRound([ActivityTrigger] RecordRoundInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.RecordRound, input, cancellationToken);

    /// <summary>Looks whether a round is recorded.</summary>
    [Function(nameof(Activities.FindRound))]
    public Task<FindRoundResult> FindRound([ActivityTrigger] FindRoundInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.FindRound, input, cancellationToken);

    /// <summary>Deletes what a recorded round no longer needs.</summary>
    [Function(nameof(Activities.CleanUpRound))]
    public Task<bool> CleanUpRound([ActivityTrigger] CleanUpRoundInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.CleanUpRound, input, cancellationToken);

    /// <summary>Writes the final model and the result.</summary>
    [Function(nameof(Activities.CompleteFederation))]
    public Task<ArtifactReference> CompleteFederation([ActivityTrigger] CompleteFederationInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.CompleteFederation, input, cancellationToken);

    /// <summary>Has somebody told that the federation is over.</summary>
    [Function(nameof(Activities.BeginNotification))]
    public Task<bool> BeginNotification(
        [ActivityTrigger] Notification input, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        current.Use(client);
        return activities.RunAsync(Activities.BeginNotification, input, cancellationToken);
    }

    /// <summary>Tells somebody that the federation is over.</summary>
    [Function(nameof(Activities.SendNotification))]
    public Task<bool> SendNotification([ActivityTrigger] Notification input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.SendNotification, input, cancellationToken);
}
