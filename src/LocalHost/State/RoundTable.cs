using FlDurable.LocalHost.Display;
using FlDurable.Shared.Records;
using Spectre.Console;

namespace FlDurable.LocalHost.State;

/// <summary>A federation by round.</summary>
internal static class RoundTable
{
    /// <summary>How many rounds somebody reads.</summary>
    public const int MostShown = 100;

    /// <summary>Of how many lost clients somebody reads.</summary>
    public const int MostFailuresShown = 10;

    /// <summary>The newest rounds, as a table has them.</summary>
    public static IReadOnlyList<RoundRow> Newest(IReadOnlyList<RoundRecord> rounds, int most) => [.. rounds.Skip(Math.Max(0, rounds.Count - most)).Select(RoundRow.Of)];

    /// <summary>Writes the newest rounds, what is to be said of them, the clients that were lost in them, and what is damaged.</summary>
    /// <param name="console">Where.</param>
    /// <param name="rounds">The newest rounds, oldest first.</param>
    /// <param name="damage">What is damaged.</param>
    public static void Write(IAnsiConsole console, IReadOnlyList<RoundRow> rounds, IReadOnlyList<string> damage)
    {
        var table = new Table().Border(TableBorder.Simple);
        var isPrivate = rounds.Any(round => round.Privacy is not null);
        var hasBackdoor = rounds.Any(round => round.BackdoorSuccess is not null);
        string[] headings =
        [
            "round", "fit loss", "federated loss", "federated accuracy", "central loss", "central accuracy", .. If(hasBackdoor, "backdoor"),
            .. If(isPrivate, "epsilon"), "seconds",
        ];
        foreach (var heading in headings)
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var round in rounds)
        {
            table.AddRow(
            [
                Figures.Count(round.Round), Figures.Loss(round.FitLoss), Figures.Loss(round.EvaluateLoss),
                Figures.Accuracy(round.EvaluateAccuracy), Figures.Loss(round.CentralLoss), Figures.Accuracy(round.CentralAccuracy),
                .. If(hasBackdoor, Figures.Accuracy(round.BackdoorSuccess)), .. If(isPrivate, Figures.Epsilon(round.Privacy)), Figures.Seconds(round.Seconds),
            ]);
        }

        console.Write(table);
        if (rounds is [{ Round: > 0 and var first }, ..])
            console.WriteLine($"rounds before {Figures.Count(first)} are not shown; status --csv has all");
        foreach (var round in rounds)
        {
            foreach (var text in round.Events)
                console.WriteLine(Printable.Line($"round {round.Round}: {text}"));
        }

        if (rounds is [.., { Privacy: { } privacy }])
            console.WriteLine(FormattableString.Invariant($"privacy: epsilon {Figures.Epsilon(privacy)} at delta {privacy.Delta:G6}"));
        WriteFailures(console, rounds);
        foreach (var damaged in damage)
            console.WriteLine(Printable.Line($"damaged: {damaged}"));

        static string[] If(bool isShown, string text) => isShown ? [text] : [];
    }

    /// <summary>Writes, in lines that are not cut at a screen's edge, every client that the round was missing of which a federation failed.</summary>
    public static void WriteMissing(TextWriter output, IReadOnlyList<ClientFailure>? clients)
    {
        foreach (var missing in clients ?? [])
            output.WriteLine(Printable.Line($"missing: {missing.Client} in {missing.Activity}: {missing.Reason}"));
    }

    private static void WriteFailures(IAnsiConsole console, IReadOnlyList<RoundRow> rounds)
    {
        var lines = rounds
            .SelectMany(round => round.Failures.Select(failure => $"round {round.Round}: {failure.Client} in {failure.Activity}: {failure.Reason}"))
            .Take(MostFailuresShown)
            .ToList();
        foreach (var line in lines)
            console.WriteLine(Printable.Line(line));
        if (rounds.Sum(round => (long)round.FailureCount) - lines.Count is > 0 and var more)
            console.WriteLine($"and {Figures.Count(more)} more failures: they are in the rounds' records");
    }
}
