using System.Globalization;

namespace FlDurable.Bench.Experiments;

/// <summary>Outcomes as a table in Markdown: of each cell the mean over its seeds, and from where to where they go.</summary>
internal static class ExperimentTable
{
    /// <param name="experiments">The experiments.</param>
    /// <param name="outcomes">Their outcomes, as far as there are any.</param>
    /// <param name="value">What is shown of an outcome, 0 to 1; null where it has none.</param>
    public static string Write(IReadOnlyList<Experiment> experiments, IReadOnlyDictionary<string, Outcome> outcomes, Func<Outcome, double?> value)
    {
        var columns = experiments.Select(experiment => experiment.Column).Distinct().ToList();
        var lines = new List<string> { $"| | {string.Join(" | ", columns)} |", $"|---|{string.Concat(columns.Select(_ => "---|"))}" };
        foreach (var row in experiments.GroupBy(experiment => experiment.Row))
        {
            var cells = columns.Select(column => Cell([.. row.Where(experiment => experiment.Column == column)
                .Select(experiment => outcomes.GetValueOrDefault(experiment.Key)).OfType<Outcome>()], value)).ToList();
            if (cells.Any(cell => cell.Length > 0))
                lines.Add($"| {row.Key} | {string.Join(" | ", cells)} |");
        }

        return string.Join(Environment.NewLine, lines);
    }

    private static string Cell(IReadOnlyList<Outcome> outcomes, Func<Outcome, double?> value)
    {
        var values = outcomes.Where(outcome => outcome.Failure is null).Select(value).OfType<double>().Select(share => 100 * share).ToList();
        var failed = outcomes.Count(outcome => outcome.Failure is not null);
        List<string> parts = [];
        if (values.Count > 0)
        {
            parts.Add(values.Count == 1 ? Text(values[0]) : $"{Text(values.Average())} ({Text(values.Min())}–{Text(values.Max())})");
        }

        if (failed > 0)
            parts.Add(failed == outcomes.Count ? "diverged" : $"{failed} of {outcomes.Count} diverged");
        return string.Join(", ", parts);
    }

    private static string Text(double value) => value.ToString("f1", CultureInfo.InvariantCulture);
}
