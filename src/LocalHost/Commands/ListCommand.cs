using System.CommandLine;
using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Contracts;
using Spectre.Console;

namespace FlDurable.LocalHost.Commands;

/// <summary><c>list</c>: every federation of a state folder.</summary>
internal static class ListCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("list", "List the federations of the state folder, oldest first.");
        command.SetAction(parsed =>
        {
            var state = parsed.StateFolder();
            Write(terminal, state, new StateReader(state));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(Terminal terminal, StateFolder folder, StateReader state)
    {
        var instances = state.ListInstances();
        if (instances.Count == 0)
        {
            terminal.Output.WriteLine($"no federations in {folder.Path}");
            return;
        }

        var isAtWork = state.IsAtWork;
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn(new TableColumn("id").NoWrap()).AddColumn("status");
        foreach (var heading in (string[])["round", "central accuracy", "created (UTC)"])
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var instance in instances)
        {
            var progress = instance.ReadCustomStatusAs<FederationProgress>();
            table.AddRow(
                instance.InstanceId,
                FederationReport.StatusOf(instance, isAtWork),
                progress is null ? "" : $"{Figures.Count(Math.Max(0, progress.Round))}/{Figures.Count(progress.Rounds)}",
                Figures.Accuracy(progress?.Metrics?.Central?.Accuracy),
                instance.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        }

        terminal.OutputConsole.Write(table);
    }
}
