using FlDurable.Api;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Remote;
using Spectre.Console;

namespace FlDurable.LocalHost.State;

/// <summary>A federation of a server, for a person.</summary>
internal static class ServerStatus
{
    /// <summary>How far it is, in a line.</summary>
    public static string Line(FederationDetails federation, bool inTens = false) => Printable.Line(
        $"{Word(federation)}, {Figures.Count(Math.Max(0, federation.Progress?.Round ?? 0))} of {Figures.Count(federation.Spec?.Rounds ?? federation.Progress?.Rounds ?? 0, "round")}"
        + (federation.InProgress is { } round ? $"; {StatusCommand.Describe(round, inTens)}" : "") + (federation.Progress?.Doing is { } doing ? $"; {doing}" : "") + (federation.Waiting is { } waiting ? $"; waiting: {waiting}" : ""));

    /// <summary>Its state in a word.</summary>
    public static string Word(FederationSummary federation) => federation.Status.ToString().ToLowerInvariant();

    /// <summary>Whether nothing more will happen to it, unless somebody retries it.</summary>
    public static bool IsOver(FederationSummary federation) => FederationReport.IsOverOf(Word(federation));

    /// <summary>Shows it.</summary>
    public static void Write(Terminal terminal, FederationServerClient server, FederationDetails federation)
    {
        terminal.Output.WriteLine($"federation {federation.Id} {server.Place}: {Line(federation)}");
        terminal.Output.WriteLine(FormattableString.Invariant($"started {federation.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"));
        if (federation.Dataset is { } dataset)
            terminal.Output.WriteLine($"data: {dataset.Source}, SHA-256 {dataset.SourceSha256}");
        if (federation.Spec is { } spec)
            terminal.Output.WriteLine($"{Figures.Count(spec.Clients, "client")}, network {spec.Network}, engine {federation.Engine ?? "not decided yet"}, seed {spec.Seed}");
        if (federation.Failure is { } failure)
            terminal.Output.WriteLine(Printable.Line($"failure: {failure}"));
        foreach (var past in federation.PastFailures ?? [])
            terminal.Output.WriteLine(Printable.Line($"failed in round {Figures.Count(past.Round)} before it was retried: {past.Reason}"));
        WriteRounds(terminal, federation);
        if (federation.Model is { } model)
            terminal.Output.WriteLine($"model: SHA-256 {model.Sha256}");
    }

    private static void WriteRounds(Terminal terminal, FederationDetails federation)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var heading in (string[])["round", "fit loss", "federated loss", "federated accuracy", "central loss", "central accuracy", "failures", "seconds"])
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var round in federation.Rounds)
        {
            table.AddRow(
                Figures.Count(round.Round), Figures.Loss(round.FitLoss), Figures.Loss(round.EvaluateLoss), Figures.Accuracy(round.EvaluateAccuracy),
                Figures.Loss(round.CentralLoss), Figures.Accuracy(round.CentralAccuracy), Figures.Count(round.FailureCount), Figures.Seconds(round.Seconds));
        }

        terminal.OutputConsole.Write(table);
        foreach (var round in federation.Rounds)
        {
            foreach (var text in round.Events ?? [])
                terminal.OutputConsole.WriteLine(Printable.Line($"round {round.Round}: {text}"));
        }

        foreach (var damaged in federation.Damage ?? [])
            terminal.OutputConsole.WriteLine(Printable.Line($"damaged: {damaged}"));
    }
}
