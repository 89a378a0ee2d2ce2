namespace FlDurable.LocalHost.Serve;

/// <summary>How many lines each of several callers may cause, so that none can fill the disk: many at once, and then one each time that some time has passed.</summary>
/// <param name="most">How many at once.</param>
/// <param name="each">After how long there is one more.</param>
/// <param name="time">The clock.</param>
internal sealed class LineBudget(int most, TimeSpan each, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, State> states = new(StringComparer.Ordinal);

    /// <summary>Takes a line of a caller's.</summary>
    /// <param name="caller">Who; there are few of them.</param>
    /// <returns>How many were left out since the last; null if this one is left out too.</returns>
    public long? Take(string caller)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            var state = states.GetValueOrDefault(caller, new State(most, now, LeftOut: 0));
            var left = Math.Min(most, state.Left + (time.GetElapsedTime(state.At, now) / each));
            states[caller] = left < 1 ? new State(left, now, state.LeftOut + 1) : new State(left - 1, now, LeftOut: 0);
            return left < 1 ? null : state.LeftOut;
        }
    }

    private sealed record State(double Left, long At, long LeftOut);
}
