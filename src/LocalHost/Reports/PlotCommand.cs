using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Curves;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Pictures;
using FlDurable.LocalHost.Remote;
using FlDurable.LocalHost.State;

namespace FlDurable.LocalHost.Reports;

/// <summary><c>plot</c>: what was measured of a federation, as curves in a picture.</summary>
internal static class PlotCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Option<string>("--out") { HelpName = "FILE.svg|png", Required = true, Description = "The picture to write; - is stdout, as PNG." };
        var measure = new Option<string>("--measure")
        {
            HelpName = "NAME",
            DefaultValueFactory = _ => "accuracy",
            Description = "What to draw: accuracy, loss, seconds, clients, privacy, or a metric that the spec asks for.",
        };
        measure.CompletionSources.Add("accuracy", "loss", "seconds", "clients", "privacy");
        var over = WordOption.Create<Across>("--over", "What the x axis has: the rounds, or the seconds that they have taken. Default: rounds.");
        var command = new Command("plot", "Draw a federation's accuracy, or what else was measured, by round.") { file, measure, over };
        var name = new FederationName(command);
        var server = new ServerOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (federation, path) = (name.Get(parsed), parsed.GetRequiredValue(file));
            var output = new OutputFile(path, terminal);
            using var reports = ReportSource.Of(parsed, server, terminal);
            if (!output.IsStandardOutput)
                reports.RefuseOutput(path);
            var kind = PictureKinds.Of("--out", path);
            var report = await reports.ReadAsync(federation, cancellationToken);
            foreach (var damaged in report.Damage ?? [])
                terminal.Note(Printable.Line($"{federation}: {damaged}"));
            var picture = Draw(report, parsed.GetRequiredValue(measure), parsed.GetValue(over) ?? Across.Rounds);
            await output.WriteAsync(picture.As(kind), cancellationToken);
            output.News.WriteLine($"{path}: {parsed.GetValue(measure)} of {Figures.Count(report.Rounds.Count, "recorded round")}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Picture Draw(FederationReport report, string measure, Across across)
    {
        var curves = RecordedCurves.Of(report.Rounds, measure, across);
        if (curves.Count == 0)
        {
            throw new UsageException(RecordedCurves.MeasuresOf(report.Rounds) is { Count: > 0 } measures
                ? $"--measure: federation '{report.Id}' has no {Printable.Line(measure)}; expected one of {string.Join(", ", measures)}"
                : $"id: federation '{report.Id}' has no recorded round yet");
        }

        return CurveFigures.Draw($"{report.Id}: {measure}", RecordedCurves.NameOf(across), curves);
    }
}
