using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Specs;

/// <summary>The networks that a spec can name.</summary>
public sealed class NetworkRegistry : ISpecAlternatives
{
    private readonly FrozenDictionary<string, NetworkPlan> networks;

    /// <summary>The built-in networks, and a user's own, for images of one shape in one number of classes each.</summary>
    /// <exception cref="ArgumentException">Two have one name.</exception>
    public NetworkRegistry(params IEnumerable<Network> additional)
        : this(additional.Select(network => new NetworkPlan(network)))
    {
    }

    /// <summary>The built-in networks, and a user's own.</summary>
    /// <exception cref="ArgumentException">Two have one name.</exception>
    public NetworkRegistry(IEnumerable<NetworkPlan> additional) =>
        networks = BuiltInNetworks.All.Concat(additional).ToFrozenDictionary(network => network.Name, StringComparer.Ordinal);

    /// <summary>The names, sorted.</summary>
    public IEnumerable<string> Names => networks.Keys.Order(StringComparer.Ordinal);

    string ISpecAlternatives.Field => "network";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives => [.. Names.Select(name => new SpecAlternative(name))];

    /// <summary>Finds a network.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out NetworkPlan? network) => networks.TryGetValue(name, out network);

    /// <summary>The network of a checked spec: one of these, or its own.</summary>
    /// <exception cref="NotRegisteredException">There is none of that name here: this host was built with other networks.</exception>
    public NetworkPlan Get(NetworkChoice choice) => choice.FindOwnPlan() ?? Get(choice.Name);

    /// <summary>Finds a network that a checked spec names.</summary>
    /// <exception cref="NotRegisteredException">There is none of that name here: this host was built with other networks.</exception>
    public NetworkPlan Get(string name) => TryGet(name, out var network)
        ? network
        : throw NotRegisteredException.Of("network", name, Names);
}
