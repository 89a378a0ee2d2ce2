using FlDurable.Shared.Networks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Shared.Specs;

/// <summary>Adds networks to a host.</summary>
public static class NetworkServices
{
    /// <summary>Adds <see cref="NetworkRegistry"/>: the built-in networks, these, and each <see cref="Network"/> among the host's services.</summary>
    public static IServiceCollection AddNetworks(this IServiceCollection services, params IEnumerable<Network> networks)
    {
        foreach (var network in networks)
            services.AddSingleton(network);
        services.TryAddSingleton(provider => new NetworkRegistry(provider.GetServices<Network>()));
        return services.AddSpecAlternatives<NetworkRegistry>();
    }
}
