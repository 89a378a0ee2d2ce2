using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Lanes;
using FlDurable.EmbeddedEngine;
using FlDurable.FunctionApp.Tests.Support;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.FunctionApp.Tests.OnTheSurface;

/// <summary>A federation as a host for one machine runs it: on the embedded engine directly, without functions, adapters and HTTP.</summary>
internal static class DirectRun
{
    public static async Task<FederationResult> RunAsync(FederationSpec spec, CancellationToken cancellationToken)
    {
        using var folder = new TestFolder();
        var store = new FileArtifactStore(folder["artifacts"]);
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(new NetworkRegistry())
            .AddSingleton<IArtifactStore>(store)
            .AddDatasets(CacheFolder.Default)
            .AddLanesEngine()
            .AddClientActivities()
            .AddFederations()
            .AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = folder["state"] })
            .BuildServiceProvider();
        await using var engine = services.GetRequiredService<EmbeddedEngineHost>();
        await engine.StartAsync(cancellationToken);
        await services.GetRequiredService<FederationLauncher>().LaunchAsync(spec, initial: null, progress: null, cancellationToken);
        await services.GetRequiredService<IFederationClient>().WaitForInstanceCompletionAsync(spec.Id!, cancellationToken);
        var result = await store.FindAsync(ArtifactNames.Result(spec.Id!), cancellationToken);
        return await store.ReadJsonAsync<FederationResult>(result!, cancellationToken);
    }
}
