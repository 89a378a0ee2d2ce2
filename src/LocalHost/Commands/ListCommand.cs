using System.CommandLine;
using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Spectre.Console;

namespace FlDurable.LocalHost.Commands;

/// <summary><c>list</c>: every federation of a state folder.</summary>
internal static class ListCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = new Command("list", "List the federations of the state folder, oldest first.") { json };
        command.SetAction(parsed =>
        {
            var folder = parsed.StateFolder();
            var state = new StateReader(folder);
            var isAtWork = state.IsAtWork;
            var federations = state.ListInstances().Select(instance => Describe(instance, isAtWork)).ToList();
            if (parsed.GetValue(json))
                terminal.Output.WriteLine(ContractJson.Serialize(federations));
            else if (federations.Count == 0)
                terminal.Output.WriteLine($"no federations in {folder.Path}{(Directory.Exists(folder.Path) ? "" : ", which is not there")}");
            else
                Write(terminal, federations);
            return ExitCode.Done;
        });
        return command;
    }

    private static ListedFederation Describe(OrchestrationMetadata instance, bool isAtWork) => new(
        instance.InstanceId,
        FederationReport.StatusOf(instance, isAtWork),
        instance.CreatedAt,
        instance.LastUpdatedAt,
        instance.ReadCustomStatusAs<FederationProgress>(),
        instance.FailureReason);

    private static void Write(Terminal terminal, IReadOnlyList<ListedFederation> federations)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn(new TableColumn("id").NoWrap()).AddColumn("status");
        foreach (var heading in (string[])["round", "central accuracy", "created (UTC)"])
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var federation in federations)
        {
            table.AddRow(
                federation.Id,
                federation.Status,
                federation.Progress is { } progress ? $"{Figures.Count(Math.Max(0, progress.Round))}/{Figures.Count(progress.Rounds)}" : "",
                Figures.Accuracy(federation.Progress?.Metrics?.Central?.Accuracy),
                federation.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        }

        terminal.OutputConsole.Write(table);
    }

    /// <summary>As the HTTP API lists it, but for the status, which is <see cref="FederationReport.Status"/>'s.</summary>
    private sealed record ListedFederation(
        string Id, string Status, DateTimeOffset CreatedAt, DateTimeOffset LastUpdatedAt, FederationProgress? Progress, string? Failure);
}
