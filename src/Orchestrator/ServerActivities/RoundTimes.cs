using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// When in a round clients trained and evaluated, from what they noted themselves. Their clocks may be those of several machines: where together they say
/// more than the round took, nothing is made of it.
/// </summary>
internal sealed class RoundTimes
{
    private const double Slack = 5;
    private const int Decimals = 3;

    private readonly DateTimeOffset? first;

    /// <param name="seconds">How long the round took.</param>
    /// <param name="phases">What came of all clients' work in the round.</param>
    public RoundTimes(double seconds, params IEnumerable<PhaseSummary> phases)
    {
        var spans = phases.Select(phase => phase.Span).OfType<(DateTimeOffset First, double SecondsToLast)>().ToList();
        if (spans.Count == 0)
            return;
        var begin = spans.Min(span => span.First);
        if (spans.Max(span => (span.First - begin).TotalSeconds + span.SecondsToLast) <= seconds + Slack)
            first = begin;
    }

    /// <summary>When a client's work was done; null if it did none. Whether that is known is no matter of the record's shape, which is the same for every run of a spec.</summary>
    public TimeInRound? Of(ClientOutcome? outcome)
    {
        if (outcome is null)
            return null;
        if (first is not { } begin || outcome.StartedAt is not { } startedAt)
            return new TimeInRound(Seconds: null);
        var from = (startedAt - begin).TotalSeconds;
        return new TimeInRound([Math.Round(from, Decimals), Math.Round(from + outcome.Seconds, Decimals)]);
    }
}
