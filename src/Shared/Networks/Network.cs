using FlDurable.Shared.Parameters;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Networks;

/// <summary>
/// A classifier of images, as data: what its layers are, which parameters it has and how they are initialised. No engine is needed to
/// know these.
/// </summary>
public sealed class Network
{
    /// <summary>The most parameters that a network can have.</summary>
    public const int MostParameters = 1 << 26;

    /// <summary>The most values that a layer can make of an image.</summary>
    public const int MostValues = 1 << 22;

    /// <summary>The most values that training may hold of an image in all layers: 2 GiB for a slice of 32, and as much for their gradients.</summary>
    public const int MostValuesHeld = 1 << 24;

    /// <summary>The most layers that a network can have, those within others included.</summary>
    public const int MostLayers = 1_000;

    /// <summary>Checks that the layers fit each other.</summary>
    /// <param name="name">The name in the registry.</param>
    /// <param name="input">The shape of an image.</param>
    /// <param name="layers">The layers in order; the last one's output is a logit a class.</param>
    /// <exception cref="NetworkFitException">A layer does not take what the one before it makes, or the last one makes no logits.</exception>
    /// <exception cref="ArgumentException">A name is used twice.</exception>
    public Network(string name, ImageShape input, IReadOnlyList<Layer> layers)
    {
        Name = name;
        Input = input;
        Layers = layers;
        var shape = LayerChain.OutputShape(layers, input.AsActivation());
        if (shape is not { Height: 1, Width: 1 })
            throw new NetworkFitException($"its last layer makes {shape}, expected one logit a class");
        Classes = shape.Channels;
        AllLayers = [.. layers.SelectMany(WithInner)];
        if (AllLayers.Count > MostLayers)
            throw new NetworkFitException($"it has {AllLayers.Count} layers, expected at most {MostLayers}");
        var tensors = layers.SelectMany(layer => layer.Parameters).ToList();
        var parameters = tensors.Sum(tensor => tensor.Shape.Aggregate(1d, (product, length) => product * length));
        if (parameters > MostParameters)
            throw new NetworkFitException(FormattableString.Invariant($"it has {parameters} parameters, expected at most {MostParameters}"));
        ValuesHeld = input.Length + LayerChain.In("layers", () => LayerChain.ValuesHeld(layers, input, MostValuesHeld));
        Layout = new ParameterLayout(tensors, layers.SelectMany(layer => layer.Statistics));
    }

    /// <summary>The name in the registry.</summary>
    public string Name { get; }

    /// <summary>The shape of an image.</summary>
    public ImageShape Input { get; }

    /// <summary>What becomes of pixels before the first layer takes them; of a table's numbers nothing does.</summary>
    public PixelNormalization Normalization { get; private init; } = PixelNormalization.Usual;

    /// <summary>The layers, in order.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>All layers, each before those that it is made of.</summary>
    public IReadOnlyList<Layer> AllLayers { get; }

    /// <summary>Whether training looks at batches, not at images alone, so that an image alone is no batch worth the name.</summary>
    public bool LooksAtBatches => AllLayers.Any(layer => layer is BatchNorm2d);

    /// <summary>How many values training holds of an image: the image, and what all layers keep of it.</summary>
    public long ValuesHeld { get; }

    /// <summary>How many multiply-adds it takes for an image, forward, as far as its layers tell.</summary>
    public double MultiplyAdds => LayerChain.MultiplyAdds(Layers, Input);

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    /// <summary>The parameters in PyTorch's order: layer by layer, the weight, then the bias.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The same network, for pixels that are normalised otherwise; itself where they are not.</summary>
    /// <param name="normalization">How; null for <see cref="PixelNormalization.Usual"/>.</param>
    public Network Normalizing(PixelNormalization? normalization) =>
        (normalization ?? PixelNormalization.Usual) == Normalization ? this : new Network(Name, Input, Layers) { Normalization = normalization ?? PixelNormalization.Usual };

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

    private static IEnumerable<Layer> WithInner(Layer layer) => layer.Inner.SelectMany(WithInner).Prepend(layer);
}
