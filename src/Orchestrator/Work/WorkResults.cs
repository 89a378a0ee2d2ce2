using System.Text.Json;
using FlDurable.Orchestrator.Aggregation;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Work;

/// <summary>What came of offered work, as artifacts: the same that a host's own work leaves.</summary>
internal static class WorkResults
{
    /// <summary>What is there of it; null if nothing is. What is there and can't be read is the leaf's to name.</summary>
    public static async Task<PartResult?> FindAsync(IArtifactStore store, OfferWorkInput work, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(NameOf(work), cancellationToken) is not { } written)
            return null;
        return written.Length <= OutcomeCheck.MaxManifestBytes && TryRead(await store.ReadAsync(written, cancellationToken), work) is { } outcomes
            ? Summarize(written, outcomes)
            : new PartResult(written, Succeeded: 0, work.Cohort.Count);
    }

    /// <summary>The name of its manifest.</summary>
    public static string NameOf(OfferWorkInput work) => ArtifactNames.Cohort(
        WorkNames.FederationOf(work.Work), work.Cohort.Round, work.Cohort.Attempt, work.Phase, work.Cohort.First);

    /// <summary>A manifest of its clients; null if it is none.</summary>
    public static PartOutcomes? TryRead(ReadOnlySpan<byte> manifest, OfferWorkInput work)
    {
        try
        {
            var outcomes = ContractJson.Deserialize<PartOutcomes>(manifest);
            return outcomes.Clients.Count == work.Cohort.Count ? outcomes : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes what came of it, unless something is there: then that counts.</summary>
    public static async Task<PartResult> PutAsync(
        IArtifactStore store, OfferWorkInput work, IReadOnlyList<ClientOutcome> outcomes, CancellationToken cancellationToken)
    {
        await store.PutJsonAsync(NameOf(work), new PartOutcomes(outcomes), cancellationToken);
        return (await FindAsync(store, work, cancellationToken))!;
    }

    /// <summary>Writes that all clients of an offer have failed, unless something is there.</summary>
    public static async Task<PartResult> PutFailureAsync(IArtifactStore store, WorkOffer offer, string reason, CancellationToken cancellationToken)
    {
        var (work, cohort) = (offer.Input, offer.Input.Cohort);
        IReadOnlyList<string> clients = offer.Site == WorkOffer.Pool
            ? [.. (await store.ReadSelectedAsync(cohort.Selection, work.Phase, new SelectionRange(cohort.First, cohort.Count), cancellationToken)).Select(one => one.Client)]
            : [offer.Site];
        return await PutAsync(store, work, [.. clients.Select(client => Failed(work, client, reason))], cancellationToken);
    }

    /// <summary>A result as it may travel in a message: without metrics that no client may report, which could be longer than one.</summary>
    public static PartResult ForMessage(PartResult result) => result.Metrics?.Problem is null ? result : result with { Metrics = null };

    private static ClientOutcome Failed(OfferWorkInput work, string client, string reason) =>
        new(client, 0, 0, Failure: new ClientFailure(client, work.Phase.Activity, Reasons.Shorten(reason, ClientFailure.MaxReasonBytes)));

    private static PartResult Summarize(ArtifactReference manifest, PartOutcomes outcomes)
    {
        var succeeded = outcomes.Clients.Where(client => client.Failure is null).ToList();
        var metrics = Metrics.WeightedMean(succeeded.Where(client => client.Metrics is not null).Select(client => (client.Metrics!, client.Examples)));
        var first = outcomes.Clients.Select(client => client.Failure).OfType<ClientFailure>().FirstOrDefault();
        return ForMessage(new PartResult(manifest, succeeded.Count, outcomes.Clients.Count - succeeded.Count, first is null ? null : Short(first), metrics));
    }

    // A worker has said it, and it is to travel.
    private static ClientFailure Short(ClientFailure failure) => new(
        Reasons.Shorten(failure.Client, ArtifactNames.MaxIdLength), Reasons.Shorten(failure.Activity, ArtifactNames.MaxIdLength),
        Reasons.Shorten(failure.Reason, ClientFailure.MaxReasonBytes));
}
