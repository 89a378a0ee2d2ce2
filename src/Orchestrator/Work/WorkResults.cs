using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Work;

/// <summary>What came of offered work, as artifacts: the same that a host's own work leaves.</summary>
internal static class WorkResults
{
    /// <summary>What is there of it; null if nothing is.</summary>
    public static async Task<PartResult?> FindAsync(IArtifactStore store, OfferWorkInput work, CancellationToken cancellationToken) =>
        await store.FindAsync(NameOf(work), cancellationToken) is { } written
            ? Summarize(written, (await store.ReadJsonAsync<PartOutcomes>(written, cancellationToken)).Clients[0])
            : null;

    /// <summary>Writes what came of it, unless something is there: then that counts.</summary>
    public static async Task<PartResult> PutAsync(IArtifactStore store, OfferWorkInput work, ClientOutcome outcome, CancellationToken cancellationToken)
    {
        await store.PutJsonAsync(NameOf(work), new PartOutcomes([outcome]), cancellationToken);
        return (await FindAsync(store, work, cancellationToken))!;
    }

    /// <summary>A client's failure.</summary>
    public static ClientOutcome Failed(OfferWorkInput work, string client, string reason) =>
        new(client, 0, 0, Failure: new ClientFailure(client, work.Phase.Activity, Reasons.Shorten(reason, ClientFailure.MaxReasonBytes)));

    private static string NameOf(OfferWorkInput work) => ArtifactNames.Cohort(
        work.Work.Split(':')[0], work.Cohort.Round, work.Cohort.Attempt, work.Phase, work.Cohort.First);

    /// <summary>A result as it may travel in a message: without metrics that no client may report, which could be longer than one.</summary>
    public static PartResult ForMessage(PartResult result) => result.Metrics?.Problem is null ? result : result with { Metrics = null };

    private static PartResult Summarize(ArtifactReference manifest, ClientOutcome outcome) => outcome switch
    {
        { Failure: { } failure } => new PartResult(manifest, Succeeded: 0, Failed: 1, failure),
        { Metrics: { } metrics } => ForMessage(new PartResult(manifest, Succeeded: 1, Metrics: Metrics.WeightedMean([(metrics, outcome.Examples)]))),
        _ => new PartResult(manifest, Succeeded: 1),
    };
}
