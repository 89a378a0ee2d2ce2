using System.CommandLine;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Remote;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.State;

/// <summary>What a <c>purge</c> is asked to do.</summary>
/// <param name="State">Where federations are kept.</param>
/// <param name="Id">The federation; null for none.</param>
/// <param name="Terminates">Whether it is ended first if it is not over.</param>
/// <param name="Data">Whether all data that no federation uses is removed.</param>
/// <param name="Logs">What is logged, and how.</param>
internal sealed record PurgeRequest(StateFolder State, string? Id, bool Terminates, bool Data, LogSettings Logs)
{
    /// <summary>Whether every federation that is over is removed, or with <see cref="Terminates"/> every one.</summary>
    public bool All { get; init; }

    /// <summary>What this host has.</summary>
    public HostParts Parts { get; init; } = new();
}

/// <summary>
/// <c>purge</c>: a federation and everything of it, removed, and the partitioned data that it was the last to use. Nothing else in the state
/// folder goes on meanwhile; on a task hub everything else does.
/// </summary>
internal static class PurgeCommand
{
    public static Command Create(Terminal terminal, HostParts parts)
    {
        var all = new Option<bool>("--all") { Description = "Remove every federation that is over; with --terminate every one." };
        var terminates = new Option<bool>("--terminate") { Description = "End it first if it is not over." };
        var data = new Option<bool>("--data") { Description = "Remove all partitioned data that no federation of the state folder uses." };
        var command = new Command("purge", "Remove a federation that is over, with its artifacts and the data that only it used; its id stays taken.")
        {
            all, terminates, data,
        };
        var id = new FederationName(command);
        var server = new ServerOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(all) && id.Find(parsed) is not null)
                throw new UsageException("--all: removes every federation that is over; expected it or the ID of one, got both");
            if (id.Find(parsed) is null && !parsed.GetValue(all) && !parsed.GetValue(data))
                throw new UsageException("purge: expected the ID of a federation, --all or --data");
            if (server.Find(parsed) is { } address)
            {
                using var client = new FederationServerClient(address, terminal.Note);
                if (parsed.GetValue(all))
                    await PurgeAllAtAsync(terminal, client, parsed.GetValue(terminates), cancellationToken);
                else if (id.Find(parsed) is not null)
                    await PurgeAtAsync(terminal, client, id.Get(parsed), parsed.GetValue(terminates), cancellationToken);
                if (parsed.GetValue(data))
                {
                    var removed = await client.RemoveDatasetsAsync(cancellationToken);
                    TellOfData(terminal, removed.Removed.Count, removed.Bytes);
                }

                return ExitCode.Done;
            }

            var request = new PurgeRequest(
                parsed.StateFolder(), id.Find(parsed), parsed.GetValue(terminates), parsed.GetValue(data), parsed.Logs())
            {
                Parts = parts,
                All = parsed.GetValue(all),
            };
            if (request.Data && request.State is not { Storage: null, Hub: null })
                throw new UsageException("--data: the artifacts are in blob storage or on a cluster, where others may use the data: remove datasets/ there once nobody does");
            await PurgeAsync(terminal, request, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task PurgeAtAsync(Terminal terminal, FederationServerClient server, string id, bool terminates, CancellationToken cancellationToken)
    {
        if (terminates)
        {
            await server.ControlAsync(id, "terminate", "it is to be purged", cancellationToken);
            while (!ServerStatus.IsOver(await server.GetAsync(id, rounds: 0, cancellationToken)))
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }

        var digest = (await server.GetAsync(id, rounds: 0, cancellationToken)).Dataset?.Digest;
        await server.PurgeAsync(id, cancellationToken);
        terminal.Output.WriteLine($"federation {id} is purged; its id stays taken");
        if (digest is not null && await server.TryRemoveDatasetAsync(digest, cancellationToken) is { Removed.Count: > 0 } removed)
            TellOfItsData(terminal, removed.Bytes);
    }

    private static async Task PurgeAllAtAsync(Terminal terminal, FederationServerClient server, bool terminates, CancellationToken cancellationToken)
    {
        var (found, _) = await new ServerQuery([], PageSize: null, After: null).AskAsync(server, cancellationToken);
        var left = 0;
        foreach (var federation in found)
        {
            if (terminates || ServerStatus.IsOver(federation))
                await PurgeAtAsync(terminal, server, federation.Id, !ServerStatus.IsOver(federation), cancellationToken);
            else
                left++;
        }

        TellOfRest(terminal, found.Count - left, left);
    }

    private static void TellOfRest(Terminal terminal, int purged, int left) => terminal.Output.WriteLine(
        $"{Figures.Count(purged, "federation")} purged{(left == 0 ? "" : $"; {Figures.Count(left)} not over: --terminate ends them first")}");

    private static void TellOfItsData(Terminal terminal, long bytes) => terminal.Output.WriteLine($"the data that only it used is removed ({Figures.Megabytes(bytes)})");

    private static void TellOfData(Terminal terminal, int removed, long bytes) =>
        terminal.Output.WriteLine($"{Figures.Count(removed, "data set")} that no federation uses: removed ({Figures.Megabytes(bytes)})");

    private static async Task PurgeAsync(Terminal terminal, PurgeRequest request, CancellationToken cancellationToken)
    {
        if (request.Id is not null)
        {
            await new StateReader(request.State).GetInstanceAsync(request.Id, cancellationToken); // before a folder is made
        }
        else if (request.All && (await new StateReader(request.State).ListInstancesAsync(cancellationToken)).Count == 0)
        {
            TellOfRest(terminal, 0, 0);
            if (!request.Data || !Directory.Exists(request.State.Artifacts))
                return;
        }
        else if (!request.All && !Directory.Exists(request.State.Artifacts))
        {
            throw new UsageException($"--data: there is none in the state folder '{request.State.Path}'");
        }

        await StateArtifacts.ReachAsync(request.State, cancellationToken);
        var hub = request.State.Hub is { } named ? await named.FindAsync(cancellationToken) : null;
        await using var services = Compose(terminal, request, hub);
        await using var engine = services.GetRequiredService<IFederationEngine>();
        await engine.StartAsync(cancellationToken);
        try
        {
            if (request.Id is { } id)
                await PurgeFederationAsync(terminal, request, id, services, cancellationToken);
            if (request.All)
                await PurgeAllAsync(terminal, request, services, cancellationToken);
            if (request.Data)
                await PurgeDataAsync(terminal, request.State, services, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            terminal.Error.WriteLine($"stopped half-way; to go on: fldurable purge{Options(request)}{request.State.AsOptions}");
            throw;
        }
    }

    private static async Task PurgeAllAsync(Terminal terminal, PurgeRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        var all = await new StateReader(request.State).ListInstancesAsync(cancellationToken);
        var purged = all.Where(instance => request.Terminates || instance.IsOver).ToList();
        foreach (var instance in purged)
            await PurgeFederationAsync(terminal, request, instance.InstanceId, services, cancellationToken);
        TellOfRest(terminal, purged.Count, all.Count - purged.Count);
    }

    private static async Task PurgeFederationAsync(
        Terminal terminal, PurgeRequest request, string id, IServiceProvider services, CancellationToken cancellationToken)
    {
        var control = services.GetRequiredService<FederationControl>();
        var data = services.GetRequiredService<KeptData>();
        var store = services.GetRequiredService<IArtifactStore>();
        var instance = await services.GetRequiredService<IOrchestrationClient>().GetInstanceAsync(id, cancellationToken)
            ?? throw new UsageException($"there is no federation '{id}'"); // another process purged it meanwhile
        if (!instance.IsOver && !request.Terminates)
            throw new UsageException($"federation '{id}' is not over: --terminate ends it first");
        if (!instance.IsOver && request.State.Hub is { } hub && !await new StateReader(request.State).IsAtWorkAsync(cancellationToken))
            throw new UsageException($"--terminate: no node is at work on task hub '{hub.Name}' that could end federation '{id}'; start one (fldurable node)");
        var bytes = data.BytesOf(id, cancellationToken) ?? 0;
        var digest = await FindDigestAsync(store, id, cancellationToken);
        if (request.Terminates)
            await control.TerminateAsync(id, "it is to be purged", cancellationToken);
        await control.PurgeAsync(id, cancellationToken);
        terminal.Output.WriteLine($"federation {id} is purged{(data.IsHere ? $" ({Figures.Megabytes(bytes)})" : "")}; its id stays taken");
        if (digest is null || !await IsUnusedAsync(terminal, data, digest, cancellationToken))
            return;
        using var alone = DataUse.TryTakeAlone(request.State);
        if (alone is null)
            terminal.Error.WriteLine("its data is kept: show or train-central is using data here; purge --data removes it later");
        else
            TellOfItsData(terminal, await data.RemoveAsync(store, digest, cancellationToken));
    }

    /// <summary>Whether no federation uses a data set any more. Where that can't be told it is kept, and the purge is done all the same.</summary>
    private static async Task<bool> IsUnusedAsync(Terminal terminal, KeptData data, string digest, CancellationToken cancellationToken)
    {
        try
        {
            return (await data.UnusedAsync(cancellationToken)).Contains(digest);
        }
        catch (ArtifactStoreException exception)
        {
            terminal.Error.WriteLine($"its data is kept: it can't be told who uses it: {exception.Message}");
            return false;
        }
    }

    /// <summary>Which partitioned data a federation has; null where that can't be told, since its spec is gone or damaged: it is purged all the same.</summary>
    private static async Task<string?> FindDigestAsync(IArtifactStore store, string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await new RecordedFederation(store, id).FindSpecAsync(cancellationToken))?.Dataset?.Digest;
        }
        catch (ArtifactCorruptException)
        {
            return null;
        }
    }

    private static async Task PurgeDataAsync(Terminal terminal, StateFolder state, IServiceProvider services, CancellationToken cancellationToken)
    {
        using var alone = DataUse.TryTakeAlone(state)
            ?? throw new UsageException("--data: show or train-central is using data here: try again when it has ended");
        var data = services.GetRequiredService<KeptData>();
        var store = services.GetRequiredService<IArtifactStore>();
        var unused = await data.UnusedAsync(cancellationToken);
        var bytes = 0L;
        foreach (var digest in unused)
            bytes += await data.RemoveAsync(store, digest, cancellationToken);
        TellOfData(terminal, unused.Count, bytes);
    }

    private static string Options(PurgeRequest request) =>
        (request.Id is { } id ? $" {id}" : "") + (request.All ? " --all" : "") + (request.Terminates ? " --terminate" : "") + (request.Data ? " --data" : "");

    private static ServiceProvider Compose(Terminal terminal, PurgeRequest request, Func<ILoggerFactory, TaskHub>? hub) => new ServiceCollection()
        .AddTerminalLogs(terminal, request.Logs)
        .AddLocalHost(request.State, request.Parts)
        .AddSingleton(new KeptData(request.State))
        .AddFederations()
        .AddFederationEngine(request.State, hub, new EmbeddedEngineOptions
        {
            StateFolder = request.State.Path,
            Occupation = $"fldurable purge{Options(request)}",
            Parallelism = 1,
            TakesUp = _ => false,
        })
        .BuildServiceProvider();
}
