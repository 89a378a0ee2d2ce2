using FlDurable.ClientActivities;
using FlDurable.LanesEngine;
using FlDurable.LocalHost.Data;
using FlDurable.LocalHost.Places;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Hosting;

/// <summary>What every command on this machine is made of.</summary>
internal static class LocalHostServices
{
    /// <summary>Adds the artifacts of a state folder, what specs can name, and the activities that need a training engine.</summary>
    public static IServiceCollection AddLocalHost(this IServiceCollection services, StateFolder state) => services
        .AddNameables()
        .AddSingleton(_ => StateArtifacts.Open(state))
        .AddSingleton<FederationData>();

    /// <summary>The fields that a spec can have on this machine, for whoever has no host yet.</summary>
    public static SpecTable SpecTable() => Nameable<SpecTable>();

    /// <summary>The networks that there are on this machine, for whoever has no host.</summary>
    public static NetworkRegistry Networks() => Nameable<NetworkRegistry>();

    private static T Nameable<T>()
        where T : notnull
    {
        using var services = new ServiceCollection().AddNameables().BuildServiceProvider();
        return services.GetRequiredService<T>();
    }

    /// <summary>Adds what specs can name: networks, data sets, strategies, and training engines with the activities that need one.</summary>
    private static IServiceCollection AddNameables(this IServiceCollection services) => services
        .AddNetworks()
        .AddDatasets(CacheFolder.Default)
        .AddStrategies()
        .AddLanesEngine()
        .AddTorchEngine()
        .AddClientActivities();
}
