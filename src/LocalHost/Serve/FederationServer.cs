using System.Net.Sockets;
using System.Net;
using FlDurable.Api.Sites;
using FlDurable.Api.Work;
using FlDurable.Api;
using FlDurable.ClientActivities;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Sites;
using FlDurable.LocalHost.State;
using FlDurable.LocalHost.Telemetry;
using FlDurable.Orchestrator.Telemetry;
using FlDurable.Orchestrator.Work;
using FlDurable.Orchestrator;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Serve;

/// <summary>What a server is asked to do.</summary>
/// <param name="State">Where federations are kept.</param>
/// <param name="Addresses">Where to listen.</param>
/// <param name="Parallelism">How many activities run at a time.</param>
/// <param name="NeedsKey">Whether callers need a key.</param>
/// <param name="ServerFiles">The folder whose files a spec may name; null for none.</param>
/// <param name="Logs">What is logged, and how.</param>
internal sealed record ServeRequest(
    StateFolder State, IReadOnlyList<ListenAddress> Addresses, int Parallelism, bool NeedsKey, string? ServerFiles, LogSettings Logs)
{
    /// <summary>What this host has.</summary>
    public HostParts Parts { get; init; } = new();

    /// <summary>Whether federations are simulations, whose clients may be hostile.</summary>
    public bool IsSimulation { get; init; }

    /// <summary>Below what path callers see it; empty where that is the address itself.</summary>
    public PathString Prefix { get; init; }

    /// <summary>The proxies that are believed where callers see it, and who they are.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];
}

/// <summary>
/// The HTTP API over an engine of its own that goes on with every federation of its state folder, or over the nodes of a task hub.
/// </summary>
internal sealed class FederationServer : IAsyncDisposable
{
    private const int LoadsProvidedFor = 4;
    private const int ThreadsForCallers = 16;

    // Whoever waits longer for an answer asks again.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly WebApplication app;
    private readonly IFederationEngine engine;
    private readonly IDisposable? told;

    private FederationServer(WebApplication app, IFederationEngine engine, IDisposable? told)
    {
        this.app = app;
        this.engine = engine;
        this.told = told;
    }

    /// <summary>Where it listens.</summary>
    public IReadOnlyCollection<string> Urls => [.. app.Urls];

    /// <summary>The paths that it serves.</summary>
    public FederationPaths Paths => Services.GetRequiredService<FederationApiOptions>().Paths;

    /// <summary>The key, if it was made now; to be shown this once.</summary>
    public string? NewKey { get; private init; }

    /// <summary>Completes when the engine has stopped; fails when it broke down.</summary>
    public Task Stopped => engine.Stopped;

    /// <summary>The services that it is made of.</summary>
    public IServiceProvider Services => app.Services;

    /// <summary>Takes the state folder and goes on with what is in it, or finds the task hub, and listens.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="terminal">Where logs go.</param>
    /// <param name="configure">Changes the services that it is made of; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateFolderException">The state folder can't be used.</exception>
    /// <exception cref="UsageException">The key can't be, or an address; the folder's artifacts are elsewhere, or there is no such task hub.</exception>
    /// <exception cref="TaskHubException">The task hub can't be used.</exception>
    /// <exception cref="ArtifactStoreException">The artifacts' storage can't be reached.</exception>
    public static async Task<FederationServer> StartAsync(
        ServeRequest request, Terminal terminal, Action<IServiceCollection>? configure, CancellationToken cancellationToken)
    {
        KeepThreadsForCallers();
        await StateArtifacts.ReachAsync(request.State, cancellationToken);
        var resumption = new Resumption();
        var hub = request.State.Hub is { } named ? await named.FindAsync(cancellationToken) : null;
        var app = Compose(request, hub, terminal, resumption, configure);
        var engine = app.Services.GetRequiredService<IFederationEngine>();
        try
        {
            var notes = new List<string>();
            if (hub is null)
            {
                await resumption.DecideAsync(
                    new StateReader(request.State), app.Services.GetRequiredService<IEngineCatalog>(),
                    app.Services.GetRequiredService<NetworkRegistry>(), app.Services.GetRequiredService<SpecPackages>(), notes.Add, cancellationToken);
            }

            await engine.StartAsync(cancellationToken);
            app.Services.GetRequiredService<RoundWatch>(); // it counts from now on
            notes.ForEach(terminal.Note); // not before the folder is ours
            string? newKey = null;
            app.UseForwarded(request.TrustedProxies).UsePrefix(request.Prefix);
            app.UseFederationProblems();
            app.UseRouting(); // by paths without a prefix
            if (request.NeedsKey)
                app.RequireKey(ApiKey.Open(request.State.Path, out newKey));
            else
                app.RequireThisMachine();
            app.UseAuditTrail(app.Services.GetRequiredService<AuditTrail>());
            app.MapFederations();
            app.MapFederationDocument();
            app.MapHealth();
            app.MapScraping();
            if (hub is null)
            {
                app.MapSites();
                app.MapPool();
                app.MapWork();
                await app.Services.GetRequiredService<WorkDesk>().TellAsync(cancellationToken);
            }

            await ListenAsync(app, request.Addresses, cancellationToken);
            var told = hub is null
                ? ServedFolder.Tell(request.State, app.Urls, request.NeedsKey ? ApiKey.PathIn(request.State.Path) : null, app.Services.GetRequiredService<TimeProvider>())
                : null;
            return new FederationServer(app, engine, told) { NewKey = newKey };
        }
        catch
        {
            await PutAwayAsync(app, engine);
            throw;
        }
    }

    /// <summary>
    /// Reading data takes a thread of the pool for each core, and those are all that the pool has at first: callers would wait until it adds one,
    /// half a second each.
    /// </summary>
    private static void KeepThreadsForCallers()
    {
        ThreadPool.GetMinThreads(out var threads, out var ports);
        ThreadPool.SetMinThreads(Math.Max(threads, (LoadsProvidedFor * Environment.ProcessorCount) + ThreadsForCallers), ports);
    }

    /// <summary>Answers what is being asked, then lets the engine put its state away.</summary>
    public async ValueTask DisposeAsync()
    {
        told?.Dispose();
        await app.StopAsync(CancellationToken.None);
        await PutAwayAsync(app, engine);
    }

    private static async Task PutAwayAsync(WebApplication app, IFederationEngine engine)
    {
        // The engine first: what runs in it needs the services.
        await engine.DisposeAsync();
        TelemetryExport.Start(app.Services).Dispose();
        await app.DisposeAsync();
    }

    private static WebApplication Compose(
        ServeRequest request, Func<ILoggerFactory, TaskHub>? hub, Terminal terminal, Resumption resumption, Action<IServiceCollection>? configure)
    {
        // Empty: nothing is taken from the environment or from files that happen to lie in the working folder.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            CallerLimits.Apply(kestrel.Limits);
            foreach (var address in request.Addresses)
                address.ListenWith(kestrel);
        });
        builder.Services
            .AddTerminalLogs(terminal, request.Logs, except: "Microsoft.Extensions.Hosting") // what fails there is thrown as well
            .AddSingleton<IHostLifetime, CallersLifetime>()
            .Configure<HostOptions>(host => host.ShutdownTimeout = Patience)
            .AddRouting()
            .AddSingleton(_ => new EvaluationThreads(request.Parallelism))
            .AddLocalHost(request.State, request.Parts)
            .AddFederations(HostNotifications.Read())
            .AddFederationEngine(request.State, hub, new EmbeddedEngineOptions
            {
                StateFolder = request.State.Path,
                Occupation = $"fldurable serve at {string.Join(" and ", request.Addresses)}",
                Parallelism = request.Parallelism,
                TakesUp = resumption.TakesUp,
                WaitsForHost = true,
            })
            .AddActivityIsolation(request.State, request.Parallelism)
            .AddHealth()
            .AddTelemetry(request.State)
            .AddFederationLog()
            .AddScraping()
            .AddSingleton(provider => new AuditTrail(
                request.State.Path, request.NeedsKey, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AuditTrail>>()))
            .AddSingleton<IWorkerTrail>(provider => provider.GetRequiredService<AuditTrail>())
            .AddFederationApi(new FederationApiOptions { ServerFiles = request.ServerFiles, NeedsKey = request.NeedsKey, IsSimulation = request.IsSimulation });
        if (hub is null)
            builder.Services.AddSites(request.State).AddHostedService<PresenceWatch>(); // their board is the folder's own
        if (hub is null && request.State.Storage is null)
            builder.Services.AddSingleton<IKeptDatasets>(provider => new ServedDatasets(request.State, provider.GetRequiredService<IArtifactStore>()));
        configure?.Invoke(builder.Services);
        return builder.Build();
    }

    private static async Task ListenAsync(WebApplication app, IReadOnlyList<ListenAddress> addresses, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            var reason = exception.GetBaseException().Message; // the outer one names the address too, in other words
            throw new UsageException($"--urls: can't listen on {string.Join(" and ", addresses)}: {reason}", exception);
        }
    }

    /// <summary>Signals are the caller's: it stops the server, and a second signal still kills.</summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
