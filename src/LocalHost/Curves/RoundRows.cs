using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Curves;

/// <summary>Recorded rounds as rows of numbers, in columns of the names that records have.</summary>
internal static class RoundRows
{
    /// <summary>Writes every round.</summary>
    public static void Write(TextWriter output, IReadOnlyList<RoundRecord> rounds)
    {
        var additional = rounds.SelectMany(round => round.Additional?.Keys ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        CsvTable.Write(
            output,
            [
                "round", "fitLoss", "fitAccuracy", "evaluateLoss", "evaluateAccuracy", "centralLoss", "centralAccuracy", .. additional, "epsilon", "arrived", "missing", "seconds",
            ],
            rounds.Select(round => (IEnumerable<object?>)
            [
                round.Round, round.FitLoss, round.FitAccuracy, round.EvaluateLoss, round.EvaluateAccuracy, round.CentralLoss, round.CentralAccuracy,
                .. additional.Select(name => round.Additional?.TryGetValue(name, out var value) == true ? value : (object?)null),
                round.Privacy?.Epsilon, round.Participants.Count, round.Failures.Count, round.Seconds,
            ]));
    }
}
