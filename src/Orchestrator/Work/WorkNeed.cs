using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Work;

/// <summary>Whether somebody still waits for work: nobody does once its deadline has passed, its round is decided, or its federation is over.</summary>
internal static class WorkNeed
{
    /// <summary>Whether somebody does.</summary>
    /// <param name="store">Where the signs are.</param>
    /// <param name="work">The work.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    public static async Task<bool> IsThereAsync(IArtifactStore store, OfferWorkInput work, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (id, cohort) = (WorkNames.FederationOf(work.Work), work.Cohort);
        if (cohort.Deadline <= now.UtcDateTime)
            return false;
        var retries = await store.CountRetriesAsync(id, cancellationToken);
        List<string> signs = [ArtifactNames.Record(id, cohort.Round), ArtifactNames.Result(id, retries), ArtifactNames.Stop(id, retries), ArtifactNames.Purged(id)];
        if (work.Phase.HasUpdates)
            signs.Add(ArtifactNames.Candidate(id, cohort.Round, cohort.Attempt));
        foreach (var sign in signs)
        {
            if (await store.FindAsync(sign, cancellationToken) is not null)
                return false;
        }

        return true;
    }
}
