using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Curves;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Remote;
using FlDurable.LocalHost.State;
using Spectre.Console;

namespace FlDurable.LocalHost.Reports;

/// <summary><c>compare</c>: what some federations have come to, beside each other.</summary>
internal static class CompareCommand
{
    private const int Most = 30;

    public static Command Create(Terminal terminal)
    {
        var names = new Argument<string[]>("ID") { HelpName = "ID", Arity = ArgumentArity.OneOrMore, Description = "The federations, two or more." };
        var file = new Option<string?>("--out") { HelpName = "FILE.html", Description = "Write a page with the curves, as one file that loads nothing; - is stdout." };
        var measure = new Option<string>("--measure")
        {
            HelpName = "NAME",
            DefaultValueFactory = _ => "accuracy",
            Description = "What to compare by: accuracy, loss, or a metric that the specs ask for.",
        };
        measure.CompletionSources.Add("accuracy", "loss");
        var aims = new Option<double[]>("--to")
        {
            HelpName = "VALUE",
            Description = "Tell in which round, and after how many seconds, each reached it; several times for several. Default: the best that all have reached.",
        };
        var csv = CsvTable.Option("the table");
        var command = new Command("compare", "Compare federations: what they reached, when, and what differs in their specs.") { names, file, measure, aims, csv };
        var server = new ServerOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetValue(file);
            var output = path is null ? null : new OutputFile(path, terminal);
            using var source = ReportSource.Of(parsed, server, terminal);
            if (output is { IsStandardOutput: false })
                source.RefuseOutput(path!);
            if (output is { IsStandardOutput: true } && parsed.GetValue(csv))
                throw new UsageException("--csv: stdout is for the page that --out - writes");
            if ((parsed.GetValue(aims) ?? []).Any(aim => !double.IsFinite(aim)))
                throw new UsageException("compare: --to: expected a number");
            var reports = await ReadAsync(source, parsed.GetRequiredValue(names), cancellationToken);
            foreach (var report in reports)
            {
                foreach (var damaged in report.Damage ?? [])
                    terminal.Note(Printable.Line($"{report.Id}: {damaged}"));
            }

            var comparison = new Comparison(reports, parsed.GetRequiredValue(measure), parsed.GetValue(aims) ?? []);
            if (parsed.GetValue(csv))
                CsvTable.Write(terminal.Output, comparison.Columns, comparison.Rows);
            else if (output is not { IsStandardOutput: true })
                Write(terminal.OutputConsole, comparison);
            if (output is not null)
            {
                await output.WriteAsync(PageOf(comparison), cancellationToken);
                (parsed.GetValue(csv) ? terminal.Error : output.News).WriteLine($"{path}: curves of {Figures.Count(comparison.Runs.Count, "federation")}");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<IReadOnlyList<FederationReport>> ReadAsync(ReportSource source, string[] names, CancellationToken cancellationToken)
    {
        if (names.Length is < 2 or > Most)
            throw new UsageException($"compare: expected the IDs of 2 to {Most} federations, got {names.Length}");
        if (names.CountBy(name => name, StringComparer.Ordinal).FirstOrDefault(name => name.Value > 1) is { Key: { } twice })
            throw new UsageException($"compare: federation '{Printable.Line(twice)}' is given twice");
        var reports = new List<FederationReport>();
        foreach (var name in names)
        {
            var report = await source.ReadAsync(name, cancellationToken);
            if (report.Rounds.Count == 0)
                throw new UsageException($"compare: federation '{name}' has no recorded round yet");
            reports.Add(report);
        }

        return reports;
    }

    private static void Write(IAnsiConsole console, Comparison comparison)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var (index, column) in comparison.Columns.Index())
            table.AddColumn(index < 2 ? new TableColumn(column).NoWrap() : new TableColumn(column).RightAligned());
        foreach (var row in comparison.Rows)
            table.AddRow([.. Comparison.Told(row).Select(Markup.Escape)]);
        console.Write(table);
        var differences = comparison.Differences();
        if (differences.Count == 0)
        {
            console.WriteLine("their specs do not differ");
            return;
        }

        var specs = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("differs").NoWrap());
        foreach (var run in comparison.Runs)
            specs.AddColumn(run.Report.Id);
        foreach (var row in differences)
            specs.AddRow([.. row.Select(cell => Markup.Escape(Printable.Line(cell)))]);
        console.Write(specs);
    }

    private static byte[] PageOf(Comparison comparison)
    {
        var page = new HtmlPage($"Comparison of {string.Join(", ", comparison.Runs.Select(run => run.Report.Id))}");
        page.Table(comparison.Columns, comparison.Rows.Select(Comparison.Told));
        page.Heading("Curves");
        foreach (var across in (Across[])[Across.Rounds, Across.Seconds])
            page.Figure(comparison.Draw(across), $"{comparison.Columns[3]} of each federation by {(across == Across.Rounds ? "round" : "seconds")}; the table has the figures");
        page.Paragraph("Seconds are those that the rounds took, by the orchestration's clock, which goes on while no process is at work.", "muted");
        page.Heading("What differs in the specs");
        if (comparison.Differences() is { Count: > 0 } differences)
            page.Table(["field", .. comparison.Runs.Select(run => run.Report.Id)], differences, isText: true);
        else
            page.Paragraph("Nothing.");
        return page.ToBytes();
    }
}
