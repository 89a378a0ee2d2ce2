using System.Reflection;
using System.Runtime.CompilerServices;
using FlDurable.Shared.Networks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Shared.Specs;

/// <summary>Adds networks to a host.</summary>
public static class NetworkServices
{
    /// <summary>Adds a network, whose name specs can then use. The package that a federation with it keeps in its spec is the caller's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IServiceCollection AddNetwork(this IServiceCollection services, NetworkPlan network) =>
        services.AddNetwork(network, PackageVersion.Of(Assembly.GetCallingAssembly()));

    /// <summary>Adds a network for images of one shape in one number of classes.</summary>
    /// <inheritdoc cref="AddNetwork(IServiceCollection, NetworkPlan)"/>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IServiceCollection AddNetwork(this IServiceCollection services, Network network) =>
        services.AddNetwork(new NetworkPlan(network), PackageVersion.Of(Assembly.GetCallingAssembly()));

    /// <summary>Adds a network of a package.</summary>
    public static IServiceCollection AddNetwork(this IServiceCollection services, NetworkPlan network, PackageVersion package) =>
        services.AddSingleton(new OwnNetwork(network, package));

    /// <summary>Adds <see cref="NetworkRegistry"/>: the built-in networks, and each that is added besides. Adding it twice is adding it once.</summary>
    public static IServiceCollection AddNetworks(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new NetworkRegistry(provider.GetServices<OwnNetwork>()));
        return services.AddSpecAlternatives<NetworkRegistry>();
    }
}
