using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>What <c>keepBest</c> and <c>stopWhen</c> make of what is measured: a function of the records, so that nobody can decide otherwise later.</summary>
internal static class BestRounds
{
    /// <summary>The best rounds once another is measured; null where nobody looks, or nothing was measured yet.</summary>
    public static IReadOnlyList<BestRound>? With(FederationSpec spec, int round, RoundMetrics metrics, IReadOnlyList<BestRound>? before)
    {
        var best = Looked(spec).Select(metric => Better(metric, before?.FirstOrDefault(one => one.Metric == metric))).OfType<BestRound>().ToList();
        return best.Count == 0 ? null : best;

        BestRound? Better(string metric, BestRound? sofar) => metrics.Find(metric) is { } value
            && (sofar is null || MeasuredMetric.IsBetter(metric, value, sofar.Value))
                ? new BestRound(metric, round, value)
                : sofar;
    }

    /// <summary>Why the federation ends with a round, before its last; null if it doesn't.</summary>
    public static string? WhyStop(FederationSpec spec, int round, RoundMetrics metrics, IReadOnlyList<BestRound>? best)
    {
        if (spec.StopWhen is not { } rule || round >= spec.Rounds)
            return null;
        if (rule.Reaches is { } goal && metrics.Find(rule.Metric) is { } value && MeasuredMetric.Reaches(rule.Metric, value, goal))
            return FormattableString.Invariant($"{rule.Metric} is {value:F4}, which reaches {goal}");
        var found = best?.FirstOrDefault(one => one.Metric == rule.Metric);
        if (rule.Patience is not { } patience || round - (found?.Round ?? 0) < patience)
            return null;
        var rounds = patience == 1 ? "a round" : FormattableString.Invariant($"{patience} rounds");
        return found is null
            ? $"{rule.Metric} was not measured for {rounds}"
            : FormattableString.Invariant($"{rule.Metric} was not better for {rounds} than the {found.Value:F4} of round {found.Round}");
    }

    private static IEnumerable<string> Looked(FederationSpec spec) =>
        ((string?[])[spec.KeepBest, spec.StopWhen?.Metric]).OfType<string>().Distinct(StringComparer.Ordinal);
}
