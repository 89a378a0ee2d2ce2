using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Networks;

/// <summary>The networks that a spec can name.</summary>
public sealed class NetworkRegistry : ISpecAlternatives
{
    private readonly FrozenDictionary<string, Network> networks;

    /// <summary>The built-in networks, and a user's own.</summary>
    /// <exception cref="ArgumentException">Two have one name.</exception>
    public NetworkRegistry(params IEnumerable<Network> additional) =>
        networks = new[] { Cifar10Cnn(), FedAvgCnn() }.Concat(additional).ToFrozenDictionary(network => network.Name, StringComparer.Ordinal);

    /// <summary>The names, sorted.</summary>
    public IEnumerable<string> Names => networks.Keys.Order(StringComparer.Ordinal);

    string ISpecAlternatives.Field => "network";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives => [.. Names.Select(name => new SpecAlternative(name))];

    /// <summary>Finds a network.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Network? network) => networks.TryGetValue(name, out network);

    /// <summary>Finds a network that a checked spec names.</summary>
    /// <exception cref="NotRegisteredException">There is none of that name here: this host was built with other networks.</exception>
    public Network Get(string name) => TryGet(name, out var network)
        ? network
        : throw NotRegisteredException.Of("network", name, Names);

    /// <summary>The small CNN of PyTorch's CIFAR-10 tutorial and of Flower's: 62,006 parameters.</summary>
    private static Network Cifar10Cnn() => new("cifar10-cnn", new ImageShape(3, 32, 32),
    [
        new Conv2d("conv1", 3, 6, Kernel: 5), new ReLU(), new MaxPool2d(2),
        new Conv2d("conv2", 6, 16, Kernel: 5), new ReLU(), new MaxPool2d(2),
        new Flatten(),
        new Linear("fc1", 400, 120), new ReLU(),
        new Linear("fc2", 120, 84), new ReLU(),
        new Linear("fc3", 84, 10),
    ]);

    /// <summary>
    /// The CNN with which McMahan et al. 2017 (Communication-Efficient Learning of Deep Networks from Decentralized Data, §3) introduce
    /// federated averaging, on CIFAR-10's images instead of MNIST's: 2,156,490 parameters.
    /// </summary>
    private static Network FedAvgCnn() => new("fedavg-cnn", new ImageShape(3, 32, 32),
    [
        new Conv2d("conv1", 3, 32, Kernel: 5, Padding: 2), new ReLU(), new MaxPool2d(2),
        new Conv2d("conv2", 32, 64, Kernel: 5, Padding: 2), new ReLU(), new MaxPool2d(2),
        new Flatten(),
        new Linear("fc1", 4096, 512), new ReLU(),
        new Linear("fc2", 512, 10),
    ]);
}
