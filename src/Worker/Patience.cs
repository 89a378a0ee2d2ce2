namespace FlDurable.Worker;

/// <summary>Waits longer each time that there is no answer, up to a minute, and never exactly as long as others do.</summary>
/// <param name="time">What waiting is measured by.</param>
internal sealed class Patience(TimeProvider time)
{
    private const double LeastShare = 0.5;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(1);

    private int failures;

    /// <summary>There was an answer.</summary>
    public void Reset() => failures = 0;

    /// <summary>Waits before it is asked again.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => Task.Delay(Next(Random.Shared.NextDouble()), time, cancellationToken);

    /// <summary>How long the next wait is.</summary>
    /// <param name="draw">0 to 1, drawn anew each time.</param>
    internal TimeSpan Next(double draw)
    {
        var longest = Math.Min(Most.TotalSeconds, First.TotalSeconds * Math.Pow(2, Math.Min(failures++, 16)));
        return TimeSpan.FromSeconds(longest * (LeastShare + ((1 - LeastShare) * draw)));
    }
}
