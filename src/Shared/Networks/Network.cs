using FlDurable.Shared.Parameters;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Networks;

/// <summary>
/// A classifier of images, as data: what its layers are, which parameters it has and how they are initialised. No engine is needed to
/// know these.
/// </summary>
public sealed class Network
{
    /// <summary>Checks that the layers fit each other.</summary>
    /// <param name="name">The name in the registry.</param>
    /// <param name="input">The shape of an image.</param>
    /// <param name="layers">The layers in order; the last one's output is a logit a class.</param>
    /// <exception cref="ArgumentException">A layer does not take what the one before it makes, or a name is used twice.</exception>
    public Network(string name, ImageShape input, IReadOnlyList<Layer> layers)
    {
        Name = name;
        Input = input;
        Layers = layers;
        var shape = input;
        foreach (var layer in layers)
            shape = layer.OutputShape(shape);
        if (shape is not { Height: 1, Width: 1 })
            throw new ArgumentException($"network {name} ends in {shape}, not in one logit a class", nameof(layers));
        Classes = shape.Channels;
        Layout = new ParameterLayout(layers.SelectMany(layer => layer.Parameters));
    }

    /// <summary>The name in the registry.</summary>
    public string Name { get; }

    /// <summary>The shape of an image.</summary>
    public ImageShape Input { get; }

    /// <summary>The layers, in order.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    /// <summary>The parameters in PyTorch's order: layer by layer, the weight, then the bias.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>
    /// PyTorch's default initialisation (<c>nn.Conv2d.reset_parameters</c>, <c>nn.Linear.reset_parameters</c>; see also
    /// <see cref="OpaqueModule"/>), drawn from our own seeded stream.
    /// </summary>
    public ModelParameters Initialize(long seed)
    {
        var parameters = new ModelParameters(Layout);
        var random = new RandomStream(seed, RandomPurpose.Initialization);
        var rest = parameters.Values;
        foreach (var layer in Layers)
        {
            var length = new ParameterLayout(layer.Parameters).Length;
            layer.Initialize(random, rest[..length]);
            rest = rest[length..];
        }

        return parameters;
    }
}
