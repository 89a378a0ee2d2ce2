using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Specs;

/// <summary>The networks that a spec can name.</summary>
public sealed class NetworkRegistry : ISpecAlternatives
{
    private readonly FrozenDictionary<string, OwnNetwork> networks;

    /// <summary>The built-in networks, and a user's own, for images of one shape in one number of classes each.</summary>
    /// <exception cref="ArgumentException">Two have one name, or a name is none.</exception>
    public NetworkRegistry(params IEnumerable<Network> additional)
        : this(additional.Select(network => new OwnNetwork(new NetworkPlan(network), PackageVersion.Own)))
    {
    }

    /// <summary>The built-in networks, and a user's own.</summary>
    /// <exception cref="ArgumentException">Two have one name, or a name is none.</exception>
    public NetworkRegistry(IEnumerable<OwnNetwork> additional) => networks = NamedParts.ByName(
        "network", BuiltInNetworks.All.Select(network => new OwnNetwork(network, PackageVersion.Own)).Concat(additional), network => network.Plan.Name);

    /// <summary>The names, sorted.</summary>
    public IEnumerable<string> Names => networks.Keys.Order(StringComparer.Ordinal);

    string ISpecAlternatives.Field => "network";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives => [.. Names.Select(name => new SpecAlternative(name) { Package = networks[name].Package })];

    /// <summary>Finds a network.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out NetworkPlan? network)
    {
        network = networks.TryGetValue(name, out var found) ? found.Plan : null;
        return network is not null;
    }

    /// <summary>The network of a checked spec: one of these, or its own.</summary>
    /// <exception cref="NotRegisteredException">There is none of that name here: this host was built with other networks.</exception>
    public NetworkPlan Get(NetworkChoice choice) => choice.FindOwnPlan() ?? Get(choice.Name);

    /// <summary>Finds a network that a checked spec names.</summary>
    /// <exception cref="NotRegisteredException">There is none of that name here: this host was built with other networks.</exception>
    public NetworkPlan Get(string name) => TryGet(name, out var network)
        ? network
        : throw NotRegisteredException.Of("network", name, Names);
}

/// <summary>A network that a host adds.</summary>
/// <param name="Plan">The network.</param>
/// <param name="Package">Where it is written down.</param>
public sealed record OwnNetwork(NetworkPlan Plan, PackageVersion Package);
