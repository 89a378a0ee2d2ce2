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

    /// <param name="outcomes">What came of all clients' work in the round.</param>
    /// <param name="seconds">How long the round took.</param>
    public RoundTimes(IEnumerable<ClientOutcome> outcomes, double seconds)
    {
        var noted = outcomes.Where(outcome => outcome.StartedAt is not null && double.IsFinite(outcome.Seconds)).ToList();
        if (noted.Count == 0)
            return;
        var begin = noted.Min(outcome => outcome.StartedAt!.Value);
        if (noted.Max(outcome => (outcome.StartedAt!.Value - begin).TotalSeconds + outcome.Seconds) <= seconds + Slack)
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
