using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// Whether somebody still waits for a cohort's work. Nobody does once its deadline has passed, the federation is over or being terminated,
/// or the round has gone on without it; then <see cref="Token"/> is cancelled, and training stops between two batches. What comes so late
/// that this is known already does not begin: it would leave an update that nobody deletes.
/// </summary>
internal sealed class CohortNeed : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource cancellation;
    private readonly TimeProvider time;
    private readonly DateTime? end;
    private readonly PeriodicTimer lookTimer;
    private readonly Task watching;

    private CohortNeed(IArtifactStore store, TimeProvider time, IReadOnlyList<string> signs, DateTime? end, CancellationToken cancellationToken)
    {
        this.time = time;
        this.end = end;
        cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (HasPassed)
            cancellation.Cancel();
        lookTimer = new PeriodicTimer(LookEvery, time);
        watching = KeepLookingAsync(store, signs);
    }

    /// <summary>Cancelled when nobody waits any more, or the host stops.</summary>
    public CancellationToken Token => cancellation.Token;

    // By the clock at every look: a deadline is a date, which the clock may be set to or away from, however far off it is.
    private bool HasPassed => end <= time.GetUtcNow().UtcDateTime;

    /// <exception cref="WorkNotNeededException">Nobody waits already.</exception>
    public static async Task<CohortNeed> WatchAsync(
        IArtifactStore store, TimeProvider time, string id, CohortInput input, RoundPhase phase, CancellationToken cancellationToken)
    {
        // Not the parameters: they may not be retained, and they have their name before the record does.
        var retries = await store.CountRetriesAsync(id, cancellationToken);
        List<string> signs = [ArtifactNames.Record(id, input.Round), ArtifactNames.Result(id, retries), ArtifactNames.Stop(id, retries), ArtifactNames.Purged(id)];
        if (phase.HasUpdates)
            signs.Add(ArtifactNames.Candidate(id, input.Round, input.Attempt));
        var found = await Task.WhenAll(signs.Select(sign => store.FindAsync(sign, cancellationToken)));
        return found.FirstOrDefault(sign => sign is not null) is { } sign
            ? throw new WorkNotNeededException($"nobody waits for it any more: artifact '{sign.Name}' is written")
            : new CohortNeed(store, time, signs, input.Deadline, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        lookTimer.Dispose(); // first: the loop then ends as loops do, without an exception for every cohort
        await cancellation.CancelAsync();
        await watching;
        cancellation.Dispose();
    }

    private async Task KeepLookingAsync(IArtifactStore store, IReadOnlyList<string> signs)
    {
        try
        {
            while (await lookTimer.WaitForNextTickAsync(cancellation.Token))
            {
                if (HasPassed || await IsAnyThereAsync(store, signs, cancellation.Token))
                    await cancellation.CancelAsync();
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The work is done, or no longer needed.
        }
    }

    private static async Task<bool> IsAnyThereAsync(IArtifactStore store, IReadOnlyList<string> signs, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var sign in signs)
            {
                if (await store.FindAsync(sign, cancellationToken) is not null)
                    return true;
            }
        }
        catch (ArtifactStoreException)
        {
            // Looked for again at the next tick; a store that stays in trouble stops the work itself, which says so.
        }

        return false;
    }
}
