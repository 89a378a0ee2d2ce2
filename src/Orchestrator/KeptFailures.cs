using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>
/// Keeps what a federation failed of before it goes on. Each failure is kept once, however often and however late that is asked for: its number
/// is that of the retry that follows it. Nothing is ever deleted: what a retry writes has its number.
/// </summary>
internal sealed class KeptFailures(IArtifactStore store)
{
    /// <summary>Keeps the failure of an instance.</summary>
    /// <returns>How often the federation is retried with the retry that follows.</returns>
    public async Task<int> KeepAsync(OrchestrationMetadata failed, CancellationToken cancellationToken)
    {
        var id = failed.InstanceId;
        var kept = await store.ReadPastFailuresAsync(id, cancellationToken);

        // Others may have retried it since, and kept what it failed of after that.
        for (var retry = 1; retry <= kept.Count; retry++)
        {
            if (kept[retry - 1].FailedAt == failed.LastUpdatedAt)
                return retry;
        }

        var result = await FindFailureAsync(id, kept.Count, cancellationToken);
        var round = result is null ? failed.ReadCustomStatusAs<FederationProgress>()?.Round ?? -1 : LastRound(result);
        var failure = new PastFailure(round + 1, failed.LastUpdatedAt, result?.Failure ?? failed.FailureReason ?? "", result?.MissingClients);
        await store.PutJsonAsync(ArtifactNames.PastFailure(id, kept.Count + 1), failure, cancellationToken);
        return kept.Count + 1;
    }

    /// <summary>Keeps the failure of a federation of which the engine has lost its database, if it had failed.</summary>
    /// <param name="spec">The federation.</param>
    /// <param name="last">Its last recorded round.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>How often it was retried; null for never.</returns>
    /// <exception cref="FederationConflictException">It had failed, and may not be retried (<see cref="NoiseOnce"/>).</exception>
    public async Task<int?> KeepOfLostAsync(ResolvedSpec spec, RecordedRound? last, CancellationToken cancellationToken)
    {
        var kept = await store.CountRetriesAsync(spec.Id, cancellationToken);
        if (await FindFailureAsync(spec.Id, kept, cancellationToken) is not { Failure: { } reason } result)
            return kept == 0 ? null : kept;
        NoiseOnce.ThrowIfDrawnAgain(spec, last);
        var failure = new PastFailure(LastRound(result) + 1, FailedAt: null, reason, result.MissingClients);
        await store.PutJsonAsync(ArtifactNames.PastFailure(spec.Id, kept + 1), failure, cancellationToken);
        return kept + 1;
    }

    /// <summary>
    /// Takes numbers for the attempts at a round that no other start of the federation has or gets. Where two processes start it at once, and their
    /// engine can't tell, neither then finds what the other's attempts have left.
    /// </summary>
    /// <returns>How many attempts have their numbers before those.</returns>
    public async Task<int> TakeAttemptsAsync(string id, FederationPlan plan, CancellationToken cancellationToken) =>
        await store.TakeRetryStartAsync(id, cancellationToken) * plan.MostAttempts;

    private static int LastRound(FederationResult result) => result.Rounds is [.., { Round: var last }] ? last : -1;

    /// <summary>The result of a federation that failed after so many retries; null if it has not, or none could be written.</summary>
    private async Task<FederationResult?> FindFailureAsync(string id, int retries, CancellationToken cancellationToken)
    {
        try
        {
            return await store.FindJsonAsync<FederationResult>(ArtifactNames.Result(id, retries), cancellationToken) is { Status: FederationStatus.Failed } result
                ? result
                : null;
        }
        catch (ArtifactCorruptException)
        {
            return null; // what the instance tells of the failure is then all that is known
        }
    }
}
