using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using FlDurable.ClientActivities;
using FlDurable.EmbeddedEngine;
using FlDurable.LanesEngine;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Bench.Experiments;

/// <summary>A host for experiments that divide the data alike: real federations, on a folder that is gone afterwards.</summary>
internal sealed class ExperimentHost : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fldurable-bench-");
    private readonly ServiceProvider services;
    private int ids;

    private ExperimentHost() => services = new ServiceCollection()
        .AddSingleton<IArtifactStore>(new FileArtifactStore(Path.Combine(folder.FullName, "artifacts")))
        .AddNetworks()
        .AddDatasets(CacheFolder.Default)
        .AddLanesEngine()
        .AddClientActivities()
        .AddFederations()
        .AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = folder.FullName })
        .BuildServiceProvider();

    public static async Task<ExperimentHost> StartAsync(CancellationToken cancellationToken)
    {
        var host = new ExperimentHost();
        await host.services.GetRequiredService<EmbeddedEngineHost>().StartAsync(cancellationToken);
        return host;
    }

    /// <summary>Runs a federation to its end.</summary>
    public async Task<Outcome> RunAsync(Experiment experiment, string? data, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var spec = Checked(experiment, data);
        await services.GetRequiredService<FederationLauncher>().LaunchAsync(spec, initial: null, progress: null, cancellationToken);
        var end = await services.GetRequiredService<IOrchestrationClient>().WaitForInstanceCompletionAsync(spec.Spec.Id!, cancellationToken);
        var result = await services.GetRequiredService<IArtifactStore>()
            .FindJsonAsync<FederationResult>(ArtifactNames.Result(spec.Spec.Id!), cancellationToken);
        if (result is not { Rounds: [_, ..] rounds })
            throw new InvalidOperationException($"{experiment.Row}, {experiment.Column}: {end.RuntimeStatus}: {end.FailureReason ?? result?.Failure}");
        return new Outcome(
            experiment.Key,
            [.. rounds.Select(round => round.CentralAccuracy!.Value)],
            rounds[^1].Additional?.TryGetValue("central.backdoorSuccess", out var success) == true ? success : null,
            result.Failure,
            [.. rounds.SelectMany(round => (round.Events ?? []).Select(text => FormattableString.Invariant($"round {round.Round}: {text}")))],
            Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1));
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private CheckedSpec Checked(Experiment experiment, string? data)
    {
        var spec = (JsonObject)experiment.Spec.DeepClone();
        spec["id"] = $"bench-{ids++}";
        if (data is not null)
            spec["data"] = data;
        return services.GetRequiredService<SpecReader>().Read(Encoding.UTF8.GetBytes(spec.ToJsonString()));
    }
}
