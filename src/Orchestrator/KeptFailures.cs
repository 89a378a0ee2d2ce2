using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>
/// Keeps what a federation failed of before it goes on. Each failure is kept once, however often that is asked for: its number is that of the retry
/// that follows it.
/// </summary>
internal sealed class KeptFailures(IArtifactStore store)
{
    /// <summary>Keeps the failure of an instance.</summary>
    /// <returns>How often the federation is retried with the retry that follows.</returns>
    public async Task<int> KeepAsync(OrchestrationMetadata failed, CancellationToken cancellationToken)
    {
        var id = failed.InstanceId;
        var kept = await store.ReadPastFailuresAsync(id, cancellationToken);
        if (kept is [.., { } last] && last.FailedAt == failed.LastUpdatedAt)
            return kept.Count;
        var result = await FindResultAsync(id, kept.Count, cancellationToken);
        var round = result is null ? failed.ReadCustomStatusAs<FederationProgress>()?.Round ?? -1 : LastRound(result);
        var failure = new PastFailure(round + 1, failed.LastUpdatedAt, result?.Failure ?? failed.FailureReason ?? "", result?.MissingClients);
        await store.PutJsonAsync(ArtifactNames.PastFailure(id, kept.Count + 1), failure, cancellationToken);
        return kept.Count + 1;
    }

    /// <summary>Keeps the failure of a federation of which the engine has lost its database, if it had failed.</summary>
    /// <returns>How often it was retried; null for never.</returns>
    public async Task<int?> KeepOfLostAsync(string id, CancellationToken cancellationToken)
    {
        var kept = await store.ReadPastFailuresAsync(id, cancellationToken);
        if (await FindResultAsync(id, kept.Count, cancellationToken) is not { Failure: { } reason } result)
            return kept.Count == 0 ? null : kept.Count;
        var failure = new PastFailure(LastRound(result) + 1, FailedAt: null, reason, result.MissingClients);
        await store.PutJsonAsync(ArtifactNames.PastFailure(id, kept.Count + 1), failure, cancellationToken);
        return kept.Count + 1;
    }

    /// <summary>
    /// Removes the result of a failure that is kept: to whoever trains it is the sign that the federation is over. The result of a later end is left.
    /// </summary>
    /// <param name="id">The federation.</param>
    /// <param name="retries">How often it is retried with the retry that follows.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task ForgetResultAsync(string id, int retries, CancellationToken cancellationToken)
    {
        try
        {
            if (await new RecordedFederation(store, id).FindResultAsync(output: null, cancellationToken) is { } result
                && (result.Status == FederationStatus.Completed || (result.PastFailures?.Count ?? 0) >= retries))
            {
                return;
            }
        }
        catch (ArtifactCorruptException)
        {
            // It is of the failure: nothing has run since.
        }

        await store.DeleteAsync(ArtifactNames.Result(id), cancellationToken);
    }

    private static int LastRound(FederationResult result) => result.Rounds is [.., { Round: var last }] ? last : -1;

    /// <summary>The result of a federation that failed after so many retries; null if it could not be written, or is that of a failure before.</summary>
    private async Task<FederationResult?> FindResultAsync(string id, int retries, CancellationToken cancellationToken)
    {
        try
        {
            return await new RecordedFederation(store, id).FindResultAsync(output: null, cancellationToken) is { Status: FederationStatus.Failed } result
                && (result.PastFailures?.Count ?? 0) == retries
                    ? result
                    : null;
        }
        catch (ArtifactCorruptException)
        {
            return null; // what the instance tells of the failure is then all that is known
        }
    }
}
