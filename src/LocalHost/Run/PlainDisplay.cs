using FlDurable.LocalHost.Display;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Run;

/// <summary>A run where there is no screen: a line a round.</summary>
internal static class PlainDisplay
{
    public static async Task ShowAsync(TextWriter writer, RunProgress progress, Func<Task> work)
    {
        var rounds = 0;
        progress.Changed += now => rounds = now.Rounds;
        progress.RoundRecorded += round =>
        {
            writer.WriteLine(Line(round, rounds));
            foreach (var text in round.Events)
                writer.WriteLine($"  {text}");
        };
        await work();
    }

    private static string Line(RoundLine round, int rounds)
    {
        var parts = new List<string> { $"round {round.Round}/{rounds}" };
        if (round.Metrics.Fit is { } fit)
            parts.Add($"fit loss {Figures.Loss(fit.Loss)}");
        Add("federated", round.Metrics.Evaluate);
        Add("central", round.Metrics.Central);
        parts.Add($"{Figures.Seconds(round.Seconds)} s");
        return string.Join("  ", parts);

        void Add(string which, Metrics? metrics)
        {
            if (metrics is not null)
                parts.Add($"{which} {Figures.Of(metrics)}");
        }
    }
}
