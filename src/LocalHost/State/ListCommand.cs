using System.CommandLine;
using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Remote;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Storage;
using Spectre.Console;

namespace FlDurable.LocalHost.State;

/// <summary><c>list</c>: every federation of a state folder or task hub.</summary>
internal static class ListCommand
{
    private const int AskedAtOnce = 8;

    public static Command Create(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var csv = CsvTable.Option("the table");
        var command = new Command("list", "List the federations of the state folder or task hub, oldest first, or newest.") { json, csv };
        var filter = new ListFilter(command);
        var server = new ServerOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (asJson, asCsv) = (parsed.GetValue(json), parsed.GetValue(csv));
            CsvTable.RefuseBoth(asCsv, asJson);
            if (server.Named(parsed) is { } address)
            {
                await WriteOfServerAsync(terminal, address, filter.ReadQuery(parsed), asJson, asCsv, cancellationToken);
                return ExitCode.Done;
            }

            var asked = filter.Read(parsed);
            var folder = parsed.StateFolder();
            var state = new StateReader(folder);
            var data = new KeptData(folder);
            var instances = await state.ListInstancesAsync(cancellationToken);
            var life = await Liveness.ReadAsync(state, cancellationToken);
            var (page, next) = asked.PageOf([.. instances.Where(instance => asked.Has(instance, life.IsAtWork))]);
            var federations = page.Select(instance => Describe(instance, life, data, cancellationToken)).ToList();
            var none = instances.Count == 0 ? NoneIn(folder) : $"none of the {Figures.Count(instances.Count, "federation")} {folder.Place} is such a one";
            WritePage(terminal, federations, next, asJson, asCsv, none);
            if (!asJson && !asCsv && !terminal.IsQuiet)
            {
                foreach (var instance in page)
                {
                    foreach (var late in await FederationReport.FindLateAsync(state, instance, life, cancellationToken))
                        terminal.Output.WriteLine(Printable.Line($"{instance.InstanceId} now: {late}"));
                }

                await WriteDataAsync(terminal, data, cancellationToken);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static async Task WriteOfServerAsync(Terminal terminal, ServerAddress address, ServerQuery asked, bool json, bool csv, CancellationToken cancellationToken)
    {
        using var server = new FederationServerClient(address, terminal.Note);
        var (found, next) = await asked.AskAsync(server, cancellationToken);
        var federations = found
            .Select(one => new ListedFederation(one.Id, ServerStatus.Word(one), one.CreatedAt, one.LastUpdatedAt, one.Progress, one.Failure, SilentSeconds: null, one.Waiting, Bytes: null))
            .ToList();
        WritePage(terminal, federations, next, json, csv, $"no such federations {server.Place}");
        if (json || csv || terminal.IsQuiet)
            return;
        foreach (var (id, late) in await FindLateAsync(server, [.. found.Where(one => !ServerStatus.IsOver(one)).Select(one => one.Id)], cancellationToken))
            terminal.Output.WriteLine(Printable.Line($"{id} now: {late}"));
        if (await server.FindDatasetsAsync(cancellationToken) is { Datasets: { Count: > 0 } datasets })
        {
            var unused = datasets.Where(one => one.Federations == 0).ToList();
            WriteData(terminal, datasets.Count, datasets.Sum(one => one.Bytes), unused.Count, unused.Sum(one => one.Bytes));
        }
    }

    /// <summary>What is amiss with the clients of federations at a server, each in a sentence.</summary>
    private static async Task<IReadOnlyList<(string Id, string Late)>> FindLateAsync(FederationServerClient server, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var found = new IReadOnlyList<string>[ids.Count];
        await Parallel.ForAsync(0, ids.Count, new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = cancellationToken }, async (place, cancel) =>
            found[place] = await server.FindAsync(ids[place], rounds: 0, cancel) is { InProgress.Clients: { } clients } ? [.. StatusCommand.DescribeLate(clients, inTens: false)] : []);
        return [.. ids.Zip(found).SelectMany(one => one.Second.Select(late => (one.First, late)))];
    }

    private static void WritePage(Terminal terminal, IReadOnlyList<ListedFederation> federations, string? next, bool json, bool csv, string none)
    {
        if (json)
            terminal.Output.WriteLine(ContractJson.Serialize(federations));
        else if (csv)
            WriteRows(terminal.Output, federations);
        else if (terminal.IsQuiet)
            WriteIds(terminal, federations);
        else if (federations.Count == 0)
            terminal.Output.WriteLine(none);
        else
            Write(terminal, federations);
        if (next is not null)
            terminal.Note($"there are more; with the same options, to go on: {ListFilter.TokenName} {next}");
    }

    private static ListedFederation Describe(OrchestrationMetadata instance, Liveness life, KeptData data, CancellationToken cancellationToken) => new(
        instance.InstanceId,
        FederationReport.StatusOf(instance, life.IsAtWork),
        instance.StartedAt(),
        instance.LastUpdatedAt,
        instance.ReadCustomStatusAs<FederationProgress>(),
        instance.FailureReason,
        life.SilentSecondsOf(instance),
        life.WaitingOf(instance),
        data.BytesOf(instance.InstanceId, cancellationToken));

    private static void WriteIds(Terminal terminal, IReadOnlyList<ListedFederation> federations)
    {
        foreach (var federation in federations)
            terminal.Output.WriteLine(federation.Id);
    }

    private static string NoneIn(StateFolder state) => state.Hub is null
        ? $"no federations in {state.Path}{(Directory.Exists(state.Path) ? "" : ", which is not there")}"
        : $"no federations {state.Place}";

    private static void Write(Terminal terminal, IReadOnlyList<ListedFederation> federations)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn(new TableColumn("id").NoWrap()).AddColumn("status");
        foreach (var heading in (string[])["round", "central accuracy", "created (UTC)", "size"])
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var federation in federations)
        {
            table.AddRow(
                federation.Id,
                $"{federation.Status}{(federation.SilentSeconds is { } seconds ? $", {Liveness.Describe(seconds)}" : "")}",
                federation.Progress is { } progress ? $"{Figures.Count(Math.Max(0, progress.Round))}/{Figures.Count(progress.Rounds)}" : "",
                Figures.Accuracy(federation.Progress?.Metrics?.Central?.Accuracy),
                federation.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                federation.Bytes is { } bytes ? Figures.Megabytes(bytes) : "");
        }

        terminal.OutputConsole.Write(table);
        foreach (var federation in federations.Where(one => one.Waiting is not null))
            terminal.Output.WriteLine(Printable.Line($"{federation.Id} waits: {federation.Waiting}"));
        foreach (var federation in federations.Where(one => one.Progress?.Doing is not null && !FederationReport.IsOverOf(one.Status)))
            terminal.Output.WriteLine(Printable.Line($"{federation.Id} now: {federation.Progress!.Doing}"));
    }

    private static void WriteRows(TextWriter output, IEnumerable<ListedFederation> federations) => CsvTable.Write(
        output,
        ["id", "status", "round", "rounds", "centralAccuracy", "createdAt", "lastUpdatedAt", "bytes", "failure", "silentSeconds", "waiting"],
        federations.Select(one => (IEnumerable<object?>)
        [
            one.Id, one.Status, one.Progress?.Round, one.Progress?.Rounds, one.Progress?.Metrics?.Central?.Accuracy, one.CreatedAt, one.LastUpdatedAt, one.Bytes, one.Failure, one.SilentSeconds, one.Waiting,
        ]));

    /// <summary>Federations share their data, so that its size is no federation's.</summary>
    private static async Task WriteDataAsync(Terminal terminal, KeptData data, CancellationToken cancellationToken)
    {
        if (data.Datasets() is not { Count: > 0 } all)
            return;
        var unused = await UnusedAsync(data, cancellationToken);
        WriteData(terminal, all.Count, BytesOf(all), unused.Count, BytesOf(unused));

        long BytesOf(IEnumerable<string> digests) => digests.Sum(digest => data.BytesOfDataset(digest, cancellationToken));
    }

    private static void WriteData(Terminal terminal, int all, long bytes, int unused, long unusedBytes) => terminal.Output.WriteLine(
        $"{Figures.Count(all, "partitioned data set")}: {Figures.Megabytes(bytes)}{(unused == 0 ? "" : $", of which {Figures.Megabytes(unusedBytes)} are used by no federation: fldurable purge --data")}");

    private static async Task<IReadOnlyList<string>> UnusedAsync(KeptData data, CancellationToken cancellationToken)
    {
        try
        {
            return await data.UnusedAsync(cancellationToken);
        }
        catch (ArtifactStoreException)
        {
            return []; // a damaged federation may use it; whoever looks at that one is told
        }
    }

    /// <summary>As the HTTP API lists it, but for the status, which is <see cref="FederationReport.Status"/>'s.</summary>
    private sealed record ListedFederation(
        string Id, string Status, DateTimeOffset CreatedAt, DateTimeOffset LastUpdatedAt, FederationProgress? Progress, string? Failure,
        int? SilentSeconds, string? Waiting, long? Bytes);
}
