using FlDurable.ClientActivities;
using FlDurable.LanesEngine;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Hosting;

/// <summary>What every command on this machine is made of.</summary>
internal static class LocalHostServices
{
    /// <summary>Adds the networks, the data sets, the artifacts of a state folder, and the activities with their training engines.</summary>
    public static IServiceCollection AddLocalHost(this IServiceCollection services, StateFolder state) => services
        .AddSingleton(new NetworkRegistry())
        .AddSingleton(_ => StateArtifacts.Open(state))
        .AddDatasets(CacheFolder.Default)
        .AddSingleton<FederationData>()
        .AddLanesEngine()
        .AddTorchEngine()
        .AddClientActivities();
}
