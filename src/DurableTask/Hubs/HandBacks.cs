namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// How long a node keeps what it can't do now before it hands that back. A hub gives to whoever asks, and nobody asks as often as a node that fails at
/// once: it would draw all work to itself, and each time the hub hides that for longer from those who can do it.
/// </summary>
/// <param name="time">What is waited by.</param>
internal sealed class HandBacks(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private const int MostDoublings = 5;

    private int inARow;

    /// <summary>To be called when something was done here.</summary>
    public void Reset() => Interlocked.Exchange(ref inARow, 0);

    /// <summary>Waits for 1, 2, 4, … 32 seconds, as often as nothing was done here since; no longer than until it is cancelled.</summary>
    public async Task PauseAsync(CancellationToken cancellationToken)
    {
        var doublings = Math.Min(Interlocked.Increment(ref inARow) - 1, MostDoublings);
        await Task.Delay(First * (1 << doublings), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
