using FlDurable.ClientActivities;
using FlDurable.LanesEngine;
using FlDurable.LocalHost.Data;
using FlDurable.LocalHost.Places;
using FlDurable.Orchestrator.Selecting;
using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.LocalHost.Hosting;

/// <summary>What this host's commands are made of: the built-in parts, and those that its author has added.</summary>
/// <param name="own">The author's.</param>
internal sealed class HostParts(IServiceCollection own)
{
    private SpecTable? table;

    /// <summary>The built-in parts alone.</summary>
    public HostParts()
        : this(new ServiceCollection())
    {
    }

    /// <summary>The fields that a spec can have on this host, for whoever has no services yet.</summary>
    /// <exception cref="ArgumentException">What the author has added can't be named.</exception>
    public SpecTable SpecTable => table ??= Find<SpecTable>();

    /// <summary>The networks that there are on this host, for whoever has no services.</summary>
    public NetworkRegistry Networks() => Find<NetworkRegistry>();

    /// <summary>Adds what specs can name: networks, data sets, strategies, and training engines with the activities that need one.</summary>
    public IServiceCollection AddTo(IServiceCollection services) => services
        .AddNetworks()
        .AddDatasets(CacheFolder.Default)
        .AddStrategies()
        .AddSelections()
        .AddLanesEngine()
        .AddTorchEngine()
        .Add(own)
        .AddClientActivities();

    private T Find<T>()
        where T : notnull
    {
        using var services = AddTo(new ServiceCollection()).BuildServiceProvider();
        return services.GetRequiredService<T>();
    }
}

/// <summary>Adds what every command on this machine is made of.</summary>
internal static class LocalHostServices
{
    /// <summary>Adds the artifacts of a state folder, and a host's parts.</summary>
    public static IServiceCollection AddLocalHost(this IServiceCollection services, StateFolder state, HostParts parts)
    {
        if (state is { Storage: null, Hub: null })
            services.AddSingleton<IDatasetRemovals>(new DataRemovals(state));
        return parts.AddTo(services)
            .AddSingleton(_ => StateArtifacts.Open(state))
            .AddSingleton<FederationData>();
    }
}
