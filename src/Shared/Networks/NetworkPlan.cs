namespace FlDurable.Shared.Networks;

/// <summary>A network before it is known what it learns from: its layers are made to fit the images and the number of their classes.</summary>
public sealed class NetworkPlan
{
    private readonly Func<ImageShape, int, Network> fit;
    private readonly Network? only;

    /// <summary>A network of layers.</summary>
    /// <param name="name">The name in the registry.</param>
    /// <param name="layers">The layers, in order.</param>
    public NetworkPlan(string name, params IReadOnlyList<LayerPlan> layers)
    {
        Name = name;
        fit = (input, classes) => new Network(name, input, FitLayers(layers, input, classes));
    }

    /// <summary>A network that is as it is, and takes no other images.</summary>
    public NetworkPlan(Network network)
    {
        Name = network.Name;
        only = network;
        fit = (input, classes) => input == network.Input && classes == network.Classes
            ? network
            : throw new NetworkFitException($"it takes {network.Input.Examples} in {network.Classes} classes");
    }

    /// <summary>The name in the registry.</summary>
    public string Name { get; }

    /// <summary>Whether it is a network that takes images of one shape in one number of classes, whatever the data has.</summary>
    public bool IsForOneShape => only is not null;

    /// <summary>The network for the images that it was first made for: CIFAR-10's, unless it takes only others.</summary>
    /// <exception cref="NetworkFitException">It takes no such images.</exception>
    public Network Usual => only ?? For(BuiltInNetworks.Cifar10Shape, BuiltInNetworks.Cifar10Classes);

    /// <summary>The network for such images.</summary>
    /// <param name="input">The shape of an image.</param>
    /// <param name="classes">The number of their classes.</param>
    /// <exception cref="NetworkFitException">They don't fit; the message names the layer, what came to it and what it takes.</exception>
    public Network For(ImageShape input, int classes)
    {
        Network network;
        try
        {
            network = fit(input, classes);
        }
        catch (NetworkFitException exception)
        {
            throw new NetworkFitException($"{Name} can't learn from {input.Examples} in {classes} classes: {exception.Message}");
        }

        return network.Classes == classes
            ? network
            : throw new NetworkFitException($"{Name} ends in {network.Classes} logits, expected one for each of the {classes} classes");
    }

    /// <summary><see cref="Usual"/>; null where there is none.</summary>
    public Network? FindUsual()
    {
        try
        {
            return Usual;
        }
        catch (NetworkFitException)
        {
            return null;
        }
    }

    private static IReadOnlyList<Layer> FitLayers(IReadOnlyList<LayerPlan> layers, ImageShape input, int classes)
    {
        try
        {
            return LayerPlan.FitAll(layers, new LayerPlace("", input.AsActivation(), classes));
        }
        catch (NetworkFitException exception)
        {
            throw new NetworkFitException($"layers{exception.Message}");
        }
    }
}
