using System.Diagnostics;
using FlDurable.EmbeddedEngine;
using FlDurable.EmbeddedEngine.Isolation;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.CrashingHost;

/// <summary>A host one of whose activities kills the process that it runs in, and which runs apart what may do so.</summary>
internal static class KillerHost
{
    private const int Stopped = 3;

    public static FederationSpec Spec { get; } = SmallFederation.Spec with { Clients = 3, Rounds = 1, MinFitClients = 3, Quorum = 2 };

    /// <returns>The process's exit code: 0 if the federation completed, 3 if the engine stopped.</returns>
    public static async Task<int> RunAsync(string cache, string state, Killer killer)
    {
        await using var services = Compose(cache, state, killer)
            .AddSingleton<IActivityIsolation>(new ChildProcessIsolation(() => new ProcessStartInfo(
                Environment.ProcessPath!,
                [Path.Combine(AppContext.BaseDirectory, "FlDurable.CrashingHost.dll"), cache, "activity", state, killer.Activity, killer.How])))
            .AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = state, Parallelism = 2 })
            .BuildServiceProvider();
        await using var engine = services.GetRequiredService<EmbeddedEngineHost>();
        try
        {
            await engine.StartAsync(CancellationToken.None);
            await services.GetRequiredService<FederationLauncher>().LaunchAsync(
                services.GetRequiredService<SpecReader>().Check(Spec), null, null, CancellationToken.None);
            var end = await services.GetRequiredService<IOrchestrationClient>().WaitForInstanceCompletionAsync(SmallFederation.Id, CancellationToken.None);
            Console.WriteLine($"{end.RuntimeStatus} {end.FailureReason}");
            return 0;
        }
        catch (HostFailureException exception)
        {
            Console.WriteLine(exception.Message);
            return Stopped;
        }
    }

    public static async Task<int> RunActivityAsync(string cache, string state, Killer killer)
    {
        await using var services = Compose(cache, state, killer).BuildServiceProvider();
        await IsolatedActivity.RunAsync(services, Console.In, Console.Out);
        return 0;
    }

    private static IServiceCollection Compose(string cache, string state, Killer killer) => new ServiceCollection()
        .AddSingleton<IArtifactStore>(new FileArtifactStore(SmallFederation.Artifacts(state)))
        .AddSmallFederation(cache)
        .WrapActivities((_, activity, input, run) =>
        {
            killer.Strike(state, activity, input);
            return run();
        });
}
