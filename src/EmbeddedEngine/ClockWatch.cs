namespace FlDurable.EmbeddedEngine;

/// <summary>Notices when the clock is set back: whoever waits for a date then waits as much longer, and should be told why.</summary>
internal sealed class ClockWatch(TimeProvider time)
{
    // Clocks are corrected by seconds all the time.
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(1);

    private readonly long origin = time.GetTimestamp();
    private DateTimeOffset? start;

    /// <summary>By how much the clock was set back since the last look; null when it was not.</summary>
    public TimeSpan? SetBack()
    {
        var begun = time.GetUtcNow() - time.GetElapsedTime(origin); // when it began, by the clock as it is set now
        var back = (start ?? begun) - begun;
        start = begun;
        return back >= Least ? back : null;
    }
}
