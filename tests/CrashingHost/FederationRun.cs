using FlDurable.CrashingHost.Points;
using FlDurable.EmbeddedEngine;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.CrashingHost;

/// <summary>The small federation in one state folder, started or gone on with.</summary>
internal static class FederationRun
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="state">The state folder.</param>
    /// <param name="cache">The cache of data sets.</param>
    /// <param name="spec">The federation.</param>
    /// <param name="points">Are told where it is.</param>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task ToEndAsync(string state, string cache, FederationSpec spec, ProgramPoints points)
    {
        if (spec.Privacy is not null) // of one key's making, all runs come to the same
            await new FileArtifactStore(SmallFederation.Artifacts(state)).PutAsync(ArtifactNames.PrivacyKey(SmallFederation.Id), SmallFederation.PrivacyKey, CancellationToken.None);
        await using var services = new ServiceCollection()
            .AddSingleton<IArtifactStore>(new FileArtifactStore(
                SmallFederation.Artifacts(state), new ObservedFiles(SmallFederation.Artifacts(state), points)))
            .AddSmallFederation(cache)
            .AddSteps(points)
            .AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = state, Parallelism = 1, CrashPoint = points.AtCrashPoint })
            .BuildServiceProvider();
        await using var engine = services.GetRequiredService<EmbeddedEngineHost>();
        await engine.StartAsync(CancellationToken.None);
        await services.GetRequiredService<FederationLauncher>().LaunchAsync(
            services.GetRequiredService<SpecReader>().Check(spec), null, null, CancellationToken.None);
        var end = await services.GetRequiredService<IOrchestrationClient>().WaitForInstanceCompletionAsync(SmallFederation.Id, CancellationToken.None);
        if (end.RuntimeStatus != OrchestrationRuntimeStatus.Completed)
            throw new InvalidOperationException($"{state}: {end.RuntimeStatus}: {end.FailureReason}");
    }
}
