using FlDurable.ClientActivities;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;
using TorchSharp;

namespace FlDurable.TorchEngine;

/// <summary>Adds the Torch engine to a host.</summary>
public static class TorchEngineExtensions
{
    /// <summary>Adds <see cref="TorchTrainingEngine"/> to the training engines. Nothing native is loaded before a network is asked for.</summary>
    public static IServiceCollection AddTorchEngine(this IServiceCollection services) =>
        services.AddTrainingEngine<TorchTrainingEngine>();

    /// <summary>
    /// Adds a network with a module of one's own. Whether the module fits is found out when a federation is started, which is refused if
    /// it doesn't.
    /// </summary>
    /// <param name="services">The host's services, which need <see cref="AddTorchEngine"/> too.</param>
    /// <param name="network">The network, with one <see cref="OpaqueModule"/> for its layers.</param>
    /// <param name="create"><inheritdoc cref="TorchModule" path="/param[@name='Create']"/></param>
    public static IServiceCollection AddTorchModule(
        this IServiceCollection services, Network network, Func<torch.nn.Module<torch.Tensor, torch.Tensor>> create) => services
            .AddNetwork(new NetworkPlan(network), PackageVersion.OfCode(create))
            .AddSingleton(new TorchModule(network, create));
}
