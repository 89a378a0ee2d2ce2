using FlDurable.ClientActivities;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Data;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.MLflow;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.State;
using FlDurable.LocalHost.Telemetry;
using FlDurable.LocalHost.TensorBoard;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Telemetry;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Run;

/// <summary>What a <c>run</c> is asked to do.</summary>
/// <param name="State">Where federations are kept.</param>
/// <param name="Spec">Where the spec comes from.</param>
/// <param name="GoesOnWith">The federation that is all that was given, so that it must have been started; null where a spec may be a new one's.</param>
/// <param name="Parallelism">How many activities run at a time.</param>
/// <param name="Json">Whether stdout holds the result as JSON and nothing else.</param>
/// <param name="Timings">Whether to tell at the end what the time went into.</param>
/// <param name="Logs">What is logged, and how.</param>
internal sealed record RunRequest(
    StateFolder State, SpecSource Spec, string? GoesOnWith, int Parallelism, bool Json, bool Timings, LogSettings Logs)
{
    /// <summary>Whether the federation is retried if it has failed.</summary>
    public bool Retries { get; init; }

    /// <summary>The directory that gets curves for TensorBoard; null for none.</summary>
    public string? TensorBoard { get; init; }

    /// <summary>The address of the tracking server that is told of rounds; null for none.</summary>
    public Uri? MLflow { get; init; }
}

/// <summary>One <c>run</c>.</summary>
internal sealed class FederationRun(Terminal terminal, RunRequest request, HostParts parts)
{
    private static readonly TimeSpan NotificationPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan TrackingPatience = TimeSpan.FromSeconds(5);

    private readonly RunProgress progress = new();
    private readonly RunTimings timings = new();
    private readonly TextWriter news = terminal.News(request.Json);

    /// <returns>The <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var code = await RunUntimedAsync(cancellationToken);
        if (request.Timings)
            timings.WriteTo(news);
        return code;
    }

    private async Task<int> RunUntimedAsync(CancellationToken cancellationToken)
    {
        await StateArtifacts.ReachAsync(request.State, cancellationToken);
        var state = new StateReader(request.State);
        if (request.GoesOnWith is { } id && ArtifactNames.IsId(id) && !await state.KnowsAsync(id, cancellationToken))
        {
            throw new UsageException(
                $"id: there is no federation '{id}' {request.State.Place} to go on with: none was started, or it was killed before that; "
                + "to start it give its spec, a file or options such as --rounds 10");
        }

        var checkedSpec = await request.Spec.ReadAsync(id => state.FindSpecAsync(id, cancellationToken), cancellationToken);
        var spec = checkedSpec.Spec;
        var hub = request.State.Hub is { } named ? await named.FindAsync(cancellationToken) : null;
        await using var services = Compose(spec.Id!, hub);
        if (hub is null)
            EngineRehearsal.Begin(spec, services.GetRequiredService<NetworkRegistry>());
        var isKept = await state.HasAsync(ArtifactNames.Record(spec.Id!, round: 0), cancellationToken);
        var initial = await InitialParameters.ReadAsync(
            spec, isKept, services.GetRequiredService<IArtifactStore>, cancellationToken);
        var curves = request.TensorBoard is { } directory
            ? RoundCurves.Open(
                directory, spec.Id!, services.GetRequiredService<IArtifactStore>(), terminal.Note, services.GetRequiredService<TimeProvider>())
            : null;
        using var tracking = request.MLflow is { } address ? new TrackingServer(address, TrackingPatience, Environment.GetEnvironmentVariable) : null;
        try
        {
            using var export = TelemetryExport.Start(services);
            await using var engine = services.GetRequiredService<IFederationEngine>();
            if (await state.FindSpecAsync(spec.Id!, cancellationToken) is { } started && services.GetRequiredService<SpecPackages>().WhyNot(started) is { } reason)
                throw new FederationConflictException(reason); // before the engine goes on with what is outstanding
            await engine.StartAsync(cancellationToken);
            timings.Launch();
            await LaunchAsync(services, checkedSpec, initial, cancellationToken);
            if (request.Retries)
                await services.GetRequiredService<FederationRetry>().RetryAsync(spec.Id!, cancellationToken);
            var end = await TrackedAsync(services, spec, tracking, () => curves is null
                ? WaitAsync(services, spec, cancellationToken)
                : curves.WatchAsync(() => WaitAsync(services, spec, cancellationToken)));
            if (spec.Notify is not null && hub is null)
                await AwaitNotificationAsync(services, spec, cancellationToken);
            return await ReportAsync(services.GetRequiredService<IArtifactStore>(), end, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await TellHowToGoOnAsync(services, spec);
            throw;
        }
        catch (HostFailureException exception)
        {
            terminal.Error.WriteLine(
                $"fldurable: stopped: {exception.Message.ReplaceLineEndings(" ")}. Everything is kept; once that is mended, to go on: {GoOnWith(spec)}");
            return ExitCode.BadUsage;
        }
    }

    private ServiceProvider Compose(string id, Func<ILoggerFactory, TaskHub>? hub) => new ServiceCollection()
        .AddTerminalLogs(terminal, request.Logs, except: FederationLog.Category)
        .AddSingleton(_ => new EvaluationThreads(request.Parallelism))
        .AddLocalHost(request.State, parts)
        .TimeEngines(timings)
        .AnnounceDatasets(dataset => news.WriteLine($"data: {dataset.Description}"))
        .AddFederations(HostNotifications.Read())
        .AddRunObservation(progress)
        .AddTelemetry(request.State)
        .AddActivityIsolation(request.State, request.Parallelism)
        .AddFederationEngine(request.State, hub, new EmbeddedEngineOptions
        {
            StateFolder = request.State.Path,
            Occupation = $"fldurable run --id {id}",
            Parallelism = request.Parallelism,
            TakesUp = instance => instance == id || Notification.IsInstanceOf(id, instance), // other federations that were stopped wait for their own run
        })
        .BuildServiceProvider();

    private async Task LaunchAsync(
        IServiceProvider services, CheckedSpec checkedSpec, ReadOnlyMemory<byte>? initial, CancellationToken cancellationToken)
    {
        var spec = checkedSpec.Spec;
        var launcher = services.GetRequiredService<FederationLauncher>();
        var launched = await launcher.LaunchAsync(checkedSpec, initial, new DatasetProgressNotes(terminal), cancellationToken);
        if (launched.ChangedInitial is { } changed)
            news.WriteLine($"initial: {spec.Initial}: {changed}");
        if (!launched.IsNew && launched.Spec.Dataset is { } dataset)
            news.WriteLine($"data: {dataset.Source} ({dataset.SourceSha256[..12]}…), as the federation was started with");
        news.WriteLine(
            $"{(launched.IsNew ? "new " : "")}federation {spec.Id}: {Figures.Count(spec.Clients, "client")}, {Figures.Count(spec.Rounds, "round")}, network {spec.Network}, "
            + $"engine {launched.Spec.Engine}, seed {spec.Seed}");
        if (launched.RecoveredRound is { } round)
        {
            terminal.Note(
                $"{(request.State.Hub is { } hub ? $"task hub '{hub.Name}'" : $"the engine's database in '{request.State.Path}'")} knows nothing of it: it was deleted, or is older than the artifacts. "
                + $"What was not recorded is lost; it goes on after round {round}, the last that is recorded");
        }
    }

    private async Task<OrchestrationMetadata> TrackedAsync(
        IServiceProvider services, FederationSpec spec, TrackingServer? tracking, Func<Task<OrchestrationMetadata>> wait)
    {
        if (tracking is null)
            return await wait();
        var (id, time) = (spec.Id!, services.GetRequiredService<TimeProvider>());
        var experiment = Environment.GetEnvironmentVariable("MLFLOW_EXPERIMENT_NAME") is { Length: > 0 } named ? named : "federations";
        var begun = await services.GetRequiredService<IOrchestrationClient>().GetInstanceAsync(id, CancellationToken.None);
        return await new TrackedFederation(tracking, experiment, id, services.GetRequiredService<IArtifactStore>(), terminal.Note, time)
            .WatchAsync(begun?.StartedAt() ?? time.GetUtcNow(), wait);
    }

    private async Task<OrchestrationMetadata> WaitAsync(IServiceProvider services, FederationSpec spec, CancellationToken cancellationToken)
    {
        var client = services.GetRequiredService<IOrchestrationClient>();
        var begun = await client.GetInstanceAsync(spec.Id!, cancellationToken);
        if (begun is { IsOver: true })
        {
            news.WriteLine("it is over; this is how it ended");
            return begun;
        }

        if (begun is { RuntimeStatus: OrchestrationRuntimeStatus.Suspended })
        {
            await services.GetRequiredService<FederationControl>().ResumeAsync(spec.Id!, "it is run again", cancellationToken);
            news.WriteLine("it was suspended, and is resumed");
        }

        var recorded = begun?.ReadCustomStatusAs<FederationProgress>()?.Round ?? -1;
        if (recorded >= 0)
            news.WriteLine($"going on after round {recorded}");
        var selection = recorded < 0 ? null : await new StateReader(request.State).FindSelectionAsync(spec.Id!, recorded + 1, cancellationToken);
        if (request.State.Hub is { } hub && !await new StateReader(request.State).IsAtWorkAsync(cancellationToken))
            terminal.Note($"no node is at work on task hub '{hub.Name}': the federation waits for one (fldurable node)");
        OrchestrationMetadata? end = null;
        await RunDisplay.ShowAsync(
            terminal, request.Json, progress, () => Begin(spec.Rounds, recorded, selection),
            async () => end = await EndAsync(services, client, spec.Id!, recorded, cancellationToken));
        return end!;
    }

    private Task<OrchestrationMetadata> EndAsync(
        IServiceProvider services, IOrchestrationClient client, string id, int recorded, CancellationToken cancellationToken) => request.State.Hub is null
        ? client.WaitForInstanceCompletionAsync(id, cancellationToken)
        : new FederationWatch(client, services.GetRequiredService<IArtifactStore>(), progress, services.GetRequiredService<TimeProvider>()).ToEndAsync(id, recorded, cancellationToken);

    /// <summary>This process's engine is who tells that it is over, and no longer than this process lives.</summary>
    private async Task AwaitNotificationAsync(IServiceProvider services, FederationSpec spec, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(NotificationPatience, services.GetRequiredService<TimeProvider>());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var past = await services.GetRequiredService<IArtifactStore>().ReadPastFailuresAsync(spec.Id!, cancellationToken);
        var notification = Notification.InstanceOf(spec.Id!, past.Count);
        try
        {
            var told = await services.GetRequiredService<IOrchestrationClient>().WaitForInstanceCompletionAsync(notification, either.Token);
            if (told.SerializedOutput != "true")
                terminal.Note($"nobody took the news at {spec.Notify}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            terminal.Note($"nobody took the news at {spec.Notify} yet; fldurable serve{request.State.AsOptions} goes on telling");
        }
        catch (KeyNotFoundException)
        {
            // It ended under a build that told nobody.
        }
    }

    private void Begin(int rounds, int recorded, Selection? selection)
    {
        progress.Begin(rounds, recorded);
        if (selection is not null)
            progress.Select(selection.Round, selection.Of(RoundPhase.Fit).Count, selection.Of(RoundPhase.Evaluate).Count);
    }

    private async Task<int> ReportAsync(IArtifactStore store, OrchestrationMetadata end, CancellationToken cancellationToken)
    {
        var result = await new RecordedFederation(store, end.InstanceId).FindResultAsync(end.ReadOutputAs<ArtifactReference>(), cancellationToken);
        if (result is null)
        {
            terminal.Error.WriteLine(Printable.Line($"fldurable: federation {end.InstanceId} is {end.RuntimeStatus}: {end.FailureReason}"));
            return ExitCode.Failed;
        }

        if (request.Json)
            terminal.Output.WriteLine(ContractJson.Serialize(result));
        else
            ResultReport.Write(terminal, request.State, result);
        if (result.Status == FederationStatus.Completed)
            return ExitCode.Done;
        terminal.Error.WriteLine(
            Printable.Line($"fldurable: federation {result.Id} failed: {result.Failure}; once the cause is mended, to go on after its last round: fldurable retry {result.Id}{request.State.AsOptions}"));
        return ExitCode.Failed;
    }

    private async Task TellHowToGoOnAsync(IServiceProvider services, FederationSpec spec)
    {
        var isKept = await services.GetRequiredService<IArtifactStore>().FindAsync(ArtifactNames.Spec(spec.Id!), CancellationToken.None) is not null;
        terminal.Error.WriteLine((isKept, request.State.Hub) switch
        {
            (false, _) => "stopped before the federation was started",
            (true, null) => $"stopped; everything is kept. To go on: {GoOnWith(spec)}",
            (true, _) when await AreToGoOnAsync(services, spec.Id!) => $"no longer watched; the nodes go on with it. To watch it: {GoOnWith(spec)}",
            (true, _) => $"stopped before the nodes were told of the federation. To start it: {GoOnWith(spec)}",
        });
    }

    /// <summary>Whether the nodes know of it; a hub that doesn't answer now is to be asked again, by the same command.</summary>
    private static async Task<bool> AreToGoOnAsync(IServiceProvider services, string id)
    {
        try
        {
            return await services.GetRequiredService<IOrchestrationClient>().GetInstanceAsync(id, CancellationToken.None) is not null;
        }
        catch (EngineUnavailableException)
        {
            return false;
        }
    }

    private string GoOnWith(FederationSpec spec) => $"fldurable run --id {spec.Id}{request.State.AsOptions}";
}
