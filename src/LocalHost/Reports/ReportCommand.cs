using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Remote;

namespace FlDurable.LocalHost.Reports;

/// <summary><c>report</c>: a federation as a page to read, print and send.</summary>
internal static class ReportCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Option<string>("--out") { HelpName = "FILE.html", Required = true, Description = "The page to write; - is stdout." };
        var command = new Command("report", "Write what came of a federation, as one HTML file that loads nothing.") { file };
        var name = new FederationName(command);
        var server = new ServerOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (federation, path) = (name.Get(parsed), parsed.GetRequiredValue(file));
            var output = new OutputFile(path, terminal);
            using var reports = ReportSource.Of(parsed, server, terminal);
            if (!output.IsStandardOutput)
                reports.RefuseOutput(path);
            var page = FederationPage.Of(await reports.ReadAsync(federation, cancellationToken), await reports.FindDivisionAsync(federation, cancellationToken));
            await output.WriteAsync(page, cancellationToken);
            output.News.WriteLine($"{path}: {Figures.Count(page.Length)} bytes");
            return ExitCode.Done;
        });
        return command;
    }
}
