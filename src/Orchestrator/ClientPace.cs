using FlDurable.Shared.Records;

namespace FlDurable.Orchestrator;

/// <summary>
/// Which parts of a round take much longer than the others did. Nobody notes when a client's work begins before it ends, but work is begun in the order of the selection:
/// whoever comes before a part that has ended began no later than that one; and where a part has ended, whoever is next began then, if nobody else's work is waiting.
/// A part whose results are on their way to the store is outstanding, and taken for one at work.
/// </summary>
/// <param name="parts">When each part was worked on, in the order of the selection; null for one that is outstanding.</param>
/// <param name="now">The time.</param>
/// <param name="since">When the process that is at work began, before which nothing of what is outstanding was; null where that is not known.</param>
internal sealed class ClientPace(IReadOnlyList<PartTime?> parts, DateTimeOffset now, DateTimeOffset? since)
{
    /// <summary>The median of the seconds that parts took that have a result; null where none has.</summary>
    public double? UsualSeconds { get; } = Median([.. parts.OfType<PartTime>().Where(part => part.HasResult).Select(part => part.Seconds).Order()]);

    /// <summary>Whether a part that began then takes much longer than usual.</summary>
    public bool IsSlow(DateTimeOffset? begun) =>
        begun is { } then && UsualSeconds is { } usual && SlowClients.IsSlow(SecondsSince(then), usual);

    /// <summary>For how long a part has been at work that began then.</summary>
    public double SecondsSince(DateTimeOffset begun) => Math.Max(0, (now - (begun > since ? begun : since ?? begun)).TotalSeconds);

    /// <summary>When the outstanding parts began, at the latest, by the parts behind them that have ended; null where none has.</summary>
    public DateTimeOffset?[] LatestBegins()
    {
        var begins = new DateTimeOffset?[parts.Count];
        DateTimeOffset? earliest = null;
        for (var index = parts.Count - 1; index >= 0; index--)
        {
            if (parts[index] is not { } done)
                begins[index] = earliest;
            else if (done.Begun < earliest || earliest is null)
                earliest = done.Begun;
        }

        return begins;
    }

    /// <summary>The same where no other work waits: as many as were ever at work at a time are so since a part last ended.</summary>
    public DateTimeOffset?[] LatestBeginsAlone()
    {
        var begins = LatestBegins();
        var ended = parts.Where(part => part?.Ended is not null).Max(part => part!.Ended);
        var left = MostAtOnce();
        for (var index = 0; index < parts.Count && left > 0; index++)
        {
            if (parts[index] is not null)
                continue;
            begins[index] = begins[index] < ended ? begins[index] : ended;
            left--;
        }

        return begins;
    }

    private int MostAtOnce()
    {
        var changes = parts.OfType<PartTime>().Where(part => part.Begun is not null)
            .SelectMany(part => ((DateTimeOffset At, int Change)[])[(part.Begun!.Value, 1), (part.Ended!.Value, -1)])
            .OrderBy(change => change.At).ThenBy(change => change.Change);
        var (most, atWork) = (0, 0);
        foreach (var (_, change) in changes)
            most = Math.Max(most, atWork += change);
        return most;
    }

    private static double? Median(List<double> sorted) => sorted.Count == 0 ? null : sorted[sorted.Count / 2];
}

/// <summary>When a part was worked on that has ended.</summary>
/// <param name="Begun">When its first client's work began, by the clock of whoever did it; null where nobody noted it.</param>
/// <param name="Seconds">How long its clients' work took together.</param>
/// <param name="HasResult">Whether a client of it has a result.</param>
internal sealed record PartTime(DateTimeOffset? Begun, double Seconds, bool HasResult)
{
    /// <summary>When its last client's work ended.</summary>
    public DateTimeOffset? Ended => Begun?.AddSeconds(Seconds);
}
