using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Reports;

/// <summary><c>report</c>: a federation as a page to read, print and send.</summary>
internal static class ReportCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Option<string>("--out") { HelpName = "FILE.html", Required = true, Description = "The page to write; - is stdout." };
        var command = new Command("report", "Write what came of a federation, as one HTML file that loads nothing.") { file };
        var name = new FederationName(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (federation, path) = (name.Get(parsed), parsed.GetRequiredValue(file));
            var (output, state) = (new OutputFile(path, terminal), parsed.StateFolder());
            if (!output.IsStandardOutput)
                state.RefuseOutput(path);
            var reader = new StateReader(state);
            var report = await FederationReport.ReadAsync(reader, federation, cancellationToken);
            var page = FederationPage.Of(report, await FindManifestAsync(reader, federation, cancellationToken));
            await output.WriteAsync(page, cancellationToken);
            output.News.WriteLine($"{path}: {Figures.Count(page.Length)} bytes");
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<DatasetManifest?> FindManifestAsync(StateReader state, string federation, CancellationToken cancellationToken)
    {
        try
        {
            return await state.FindManifestAsync(await state.ReadSpecAsync(federation, cancellationToken), cancellationToken);
        }
        catch (ArtifactStoreException)
        {
            return null; // what came of the federation is no less true
        }
    }
}
