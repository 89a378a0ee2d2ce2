using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Serve;
using FlDurable.LocalHost.Telemetry;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;
using FlDurable.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Work;

/// <summary><c>work</c>: a site's worker, which trains on the site's own data what a host offers; or one of the host's pool, which has none.</summary>
internal static class WorkCommand
{
    private const string EngineField = "engine";
    private const string QueuesVariable = "FLDURABLE_QUEUES";
    private const int MostSlots = 64;
    private const int MostStallSeconds = 86_400;

    public static Command Create(Terminal terminal, HostParts parts)
    {
        var pool = new Option<bool>("--pool") { Description = "Work for the host's pool, without data of its own (docs/worker-pool.md)." };
        var queues = new Option<string?>("--queues")
        {
            HelpName = "CONNECTION",
            Description = $"With --pool and --storage: the account whose queues have the work, in place of a server. Default: {QueuesVariable} of the environment.",
        };
        var server = new Option<string?>("--server") { HelpName = "URL", Description = "The host that offers work: https, or http on this machine." };
        var keyFile = new Option<string?>("--key-file") { HelpName = "FILE", Description = "The file with the site's key, or one of the pool, which its owner alone can read." };
        var certificates = new Option<string?>("--ca") { HelpName = "FILE", Description = "Certificates (PEM) that may sign the host's, in the place of those that the machine trusts." };
        var policy = new Option<string?>("--policy") { HelpName = "FILE", Description = "What the site allows (docs/sites.md). Default: everything." };
        var slots = WholeNumberOption.Create("--slots", "Pieces of work at a time. Default: 1.", 1, MostSlots);
        var once = new Option<bool>("--once") { Description = "End after one piece of work." };
        var stall = WholeNumberOption.Create("--stall-seconds", "After so long without a batch a training counts as hung. Default: 600.", 1, MostStallSeconds);
        var listen = new Option<string?>("--listen")
        {
            HelpName = "URL[;URL]",
            Description = $"Where {Health.Live}, {Health.Ready} and {TelemetryExport.Metrics} tell how the worker is, such as http://127.0.0.1:8080. Default: nowhere.",
        };
        var audit = new Option<bool>("--audit") { Description = "Print what left the site so far, and end." };
        var fields = new SpecOptions(parts.SpecTable.Only([.. DatasetRequest.Fields, EngineField]));
        var command = new Command("work", "Train on this site's own data what a host offers, or work for its pool, until it is stopped.")
        {
            pool, queues, server, keyFile, certificates, policy, slots, once, stall, listen, audit,
        };
        foreach (var option in fields.Symbols)
            command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var state = parsed.StateFolder();
            var folder = Path.Combine(state.Path, "work");
            if (parsed.GetValue(audit))
                return Print(terminal, folder);
            using var signs = new WorkerSigns(TimeProvider.System);
            await using var watch = parsed.GetValue(listen) is { Length: > 0 } urls
                ? await WorkerWatch.StartAsync(ListenAddress.ParseAll(urls, "--listen"), signs, cancellationToken)
                : null;
            var given = fields.Of(parsed);
            var spec = new SpecReader(parts.SpecTable).Read(given.Over([])).Spec;
            if (parsed.GetValue(pool))
            {
                if (parsed.GetValue(policy) is not null || given.Options.Any(option => option.Field.Name != EngineField))
                    throw new UsageException("--pool: a worker of the pool has no data of its own, and no policy for it; leave --data, --resize, --test-fraction and --policy out");
                var place = QueuesOf(parsed.GetValue(queues), parsed.GetValue(server) ?? parsed.GetValue(keyFile) ?? parsed.GetValue(certificates));
                return await RunAsync(
                    terminal, parts,
                    new PoolWorkerRequest(place is null ? ServerOf(parsed.GetValue(server)) : null, place is null ? Given(parsed.GetValue(keyFile), "--key-file") : null)
                    {
                        Storage = place is null ? null : StorageOf(parts, state, place),
                        CertificateFile = parsed.GetValue(certificates),
                        Engine = EngineOf(spec),
                        Slots = parsed.GetValue(slots) ?? 1,
                        Once = parsed.GetValue(once),
                        Signs = signs,
                        Stall = TimeSpan.FromSeconds(parsed.GetValue(stall) ?? 600),
                    },
                    parsed.Logs(LogLevel.Information), cancellationToken);
            }

            if (parsed.GetValue(queues) is not null)
                throw new UsageException("--queues: a site's worker asks a server; a worker of the pool is started with --pool");
            var request = new SiteWorkerRequest(ServerOf(parsed.GetValue(server)), Given(parsed.GetValue(keyFile), "--key-file"), folder, DataOf(spec))
            {
                CertificateFile = parsed.GetValue(certificates),
                PolicyFile = parsed.GetValue(policy),
                Engine = EngineOf(spec),
                Slots = parsed.GetValue(slots) ?? 1,
                Once = parsed.GetValue(once),
                Signs = signs,
                Stall = TimeSpan.FromSeconds(parsed.GetValue(stall) ?? 600),
            };
            return await RunAsync(terminal, parts, request, parsed.Logs(LogLevel.Information), cancellationToken);
        });
        return command;
    }

    private static int Print(Terminal terminal, string folder)
    {
        foreach (var entry in SiteWorker.AuditOf(folder).Read(line => terminal.Note($"line {line} of the audit file is cut off, as by a crash: it is left out")))
            terminal.Output.WriteLine(ContractJson.Serialize(entry));
        return ExitCode.Done;
    }

    private static Task<int> RunAsync(Terminal terminal, HostParts parts, SiteWorkerRequest request, LogSettings logs, CancellationToken cancellationToken) => RunAsync(
        terminal, parts, logs, request.KeyFile, request.Once,
        async (services, compose) =>
        {
            var worker = new SiteWorker(
                request, services.GetRequiredService<IDatasetLibrary>(), compose, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>());
            terminal.Note($"asking {request.Server.Authority} for work; what leaves is written to the audit file in {request.Folder}");
            await worker.RunAsync(cancellationToken);
        },
        cancellationToken);

    /// <returns>Null if a server is asked for work.</returns>
    private static string? QueuesOf(string? named, string? ofServer)
    {
        if (string.IsNullOrEmpty(named))
            return ofServer is null && Environment.GetEnvironmentVariable(QueuesVariable) is { Length: > 0 } variable ? variable : null;
        return ofServer is null
            ? named
            : throw new UsageException("--queues: a worker that takes its work from queues asks no server; leave --server, --key-file and --ca out");
    }

    private static PoolStorage StorageOf(HostParts parts, StateFolder state, string queues)
    {
        if (state.Storage is not { } storage)
            throw new UsageException($"--queues: expected the artifacts' storage too, by --storage or {StorageConnection.Variable}");
        var artifacts = state.Accounts.Join(new RecentArtifacts(storage.Open()));
        var board = new QueueWorkBoard(storage.OpenWork(queues), TimeProvider.System);
        return new PoolStorage(new StoragePoolHost(new StoragePool(artifacts, board, parts.Networks(), TimeProvider.System)), artifacts);
    }

    private static Task<int> RunAsync(Terminal terminal, HostParts parts, PoolWorkerRequest request, LogSettings logs, CancellationToken cancellationToken) => RunAsync(
        terminal, parts, logs, request.KeyFile ?? "", request.Once,
        async (services, compose) =>
        {
            var worker = new PoolWorker(request, compose, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>());
            terminal.Note(request.Server is { } server ? $"asking {server.Authority} for work of its pool" : "waiting for work of the pool in its queues");
            await worker.RunAsync(cancellationToken);
        },
        cancellationToken);

    private static async Task<int> RunAsync(
        Terminal terminal, HostParts parts, LogSettings logs, string keyFile, bool once, Func<IServiceProvider, Func<IArtifactStore, IServiceProvider>, Task> run,
        CancellationToken cancellationToken)
    {
        await using var services = Services().BuildServiceProvider();
        try
        {
            await run(services, store => Services().AddSingleton(store).BuildServiceProvider());
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !once)
        {
            return ExitCode.Done; // it was told to stop, and has given back what it had
        }
        catch (KeyRefusedException exception)
        {
            terminal.Error.WriteLine(Printable.Line($"fldurable: the host does not take the key of {keyFile}: {exception.Message}"));
            return ExitCode.KeyRefused;
        }
        catch (WorkerException exception)
        {
            terminal.Error.WriteLine(Printable.Line($"fldurable: {exception.Message}"));
            return ExitCode.BadUsage;
        }

        IServiceCollection Services() => parts.AddTo(new ServiceCollection().AddTerminalLogs(terminal, logs));
    }

    private static string? EngineOf(FederationSpec spec) => spec.Engine == ResolvedSpec.Undecided ? null : spec.Engine;

    private static DatasetRequest DataOf(FederationSpec spec) => spec.Data is not null && spec.Sites().Count == 0
        ? DatasetRequest.Of(spec)
        : throw new UsageException("--data: expected the site's own data, such as a folder with train/CLASS and val/CLASS");

    private static Uri ServerOf(string? url) => Uri.TryCreate(Given(url, "--server"), UriKind.Absolute, out var server) && server.Scheme is "http" or "https" && server.UserInfo.Length == 0
        ? server
        : throw new UsageException($"--server: expected an https URL, got '{Excerpt.Printable(url ?? "")}'");

    private static string Given(string? value, string option) => string.IsNullOrEmpty(value) ? throw new UsageException($"{option}: expected a value, got none") : value;
}
