using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Curves;

/// <summary>Recorded rounds as rows of numbers, in columns of the names that records have.</summary>
internal static class RoundRows
{
    /// <summary>Writes every round.</summary>
    public static void Write(TextWriter output, IReadOnlyList<RoundRecord> rounds)
    {
        var additional = rounds.SelectMany(RoundMeasure.AdditionalOf).Select(one => one.Key).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        CsvTable.Write(
            output,
            [
                "round", "fitLoss", "fitAccuracy", "evaluateLoss", "evaluateAccuracy", "centralLoss", "centralAccuracy", .. additional, "epsilon", "arrived", "missing", "seconds",
            ],
            rounds.Select(round => (Round: round, Counts: round.Count(), Additional: RoundMeasure.AdditionalOf(round).ToDictionary(StringComparer.Ordinal))).Select(IEnumerable<object?> (row) =>
            [
                row.Round.Round, row.Round.FitLoss, row.Round.FitAccuracy, row.Round.EvaluateLoss, row.Round.EvaluateAccuracy, row.Round.CentralLoss, row.Round.CentralAccuracy,
                .. additional.Select(name => row.Additional.TryGetValue(name, out var value) ? value : (object?)null),
                row.Round.Privacy?.Epsilon, row.Counts.Participants, row.Counts.Missing, row.Round.Seconds,
            ]));
    }
}
