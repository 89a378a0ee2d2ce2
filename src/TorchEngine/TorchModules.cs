using System.Runtime.CompilerServices;
using FlDurable.ClientActivities;
using FlDurable.Shared.Networks;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace FlDurable.TorchEngine;

/// <summary>Makes the modules of networks: a user's own where one is registered, else one of the network's layers.</summary>
internal sealed class TorchModules(IEnumerable<TorchModule> registered)
{
    private readonly Dictionary<string, TorchModule> own = registered.ToDictionary(module => module.Network.Name, StringComparer.Ordinal);
    private readonly ConditionalWeakTable<Network, string> problems = [];

    public static string UnknownLayer(Layer layer) => $"the Torch engine does not know the layer {(layer is ParametricLayer { Name: var name } ? $"{layer.Kind} {name}" : layer.Kind)}";

    /// <summary>A new module on a device.</summary>
    public Module<Tensor, Tensor> Create(Network network, Device device, DropoutNoise noise) =>
        own.TryGetValue(network.Name, out var module) ? module.Create().to(device) : new LayeredModule(network, device, noise);

    /// <summary>Why there is no module for a network; null when there is. A user's module is made and tried once.</summary>
    public string? WhyNot(Network network)
    {
        var problem = problems.GetValue(network, FindProblem);
        return problem.Length == 0 ? null : problem;
    }

    private string FindProblem(Network network)
    {
        if (own.TryGetValue(network.Name, out var registered))
        {
            using var module = registered.Create();
            return ModuleFit.Problem(network, module) ?? "";
        }

        return network.AllLayers.FirstOrDefault(layer => !LayeredModule.Knows(layer)) switch
        {
            null => "",
            OpaqueModule => $"no module is registered for network '{network.Name}' (AddTorchModule, docs/engines.md)",
            var unknown => UnknownLayer(unknown),
        };
    }
}
