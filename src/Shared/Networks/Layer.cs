using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Networks;

/// <summary>One layer of a network, as data. Engines know how to compute each kind.</summary>
public abstract record Layer
{
    private protected Layer()
    {
    }

    /// <summary>What sort of layer it is, as a spec has it: <c>conv2d</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Its tensors by their names in PyTorch's <c>state_dict</c>, with their shapes, outermost dimension first.</summary>
    public virtual IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> Parameters => [];

    /// <summary>The names of those of <see cref="Parameters"/> that no optimizer changes: what a layer has seen, not what it has learnt.</summary>
    public virtual IReadOnlyList<string> Statistics => [];

    /// <summary>The layers that it is made of; none but for <see cref="Residual"/>.</summary>
    public virtual IEnumerable<Layer> Inner => [];

    /// <summary>The shape of what it makes of an input of the given shape.</summary>
    /// <exception cref="NetworkFitException">The layer does not take such an input.</exception>
    public abstract ImageShape OutputShape(ImageShape input);

    /// <summary>
    /// How many numbers there are for it and each image of a slice while it is trained, as engines have them: what it makes of the image, and
    /// what it needs besides for as long.
    /// </summary>
    /// <param name="input">The shape of what comes to it, which it takes.</param>
    internal virtual long ValuesHeld(ImageShape input) => OutputShape(input).Length;

    /// <summary>How many multiply-adds an image takes, those with padding included; those of layers that are hardly more than a pass count for none.</summary>
    /// <param name="input">The shape of what comes to it, which it takes.</param>
    internal virtual double MultiplyAdds(ImageShape input) => 0;

    /// <summary>Draws the initial values of <see cref="Parameters"/>.</summary>
    /// <param name="random">Where from.</param>
    /// <param name="values">Where to: one tensor after another, in order.</param>
    internal virtual void Initialize(RandomStream random, Span<float> values)
    {
    }

    /// <summary>PyTorch's default for weights and biases alike: uniform within ±1/√fan-in.</summary>
    private protected static void DrawUniform(RandomStream random, Span<float> values, int fanIn)
    {
        var bound = 1 / Math.Sqrt(fanIn);
        foreach (ref var value in values)
            value = (float)((2 * random.NextDouble() - 1) * bound);
    }

    /// <summary>How many weights one output value is computed from, by the weight's shape.</summary>
    private protected static int FanInOf(IReadOnlyList<int> weightShape) =>
        weightShape.Skip(1).Aggregate(1, (product, length) => checked(product * length));
}

/// <summary>
/// A layer with a weight and mostly a bias, named as in PyTorch's <c>state_dict</c>: <c>{name}.weight</c>, <c>{name}.bias</c>.
/// </summary>
/// <param name="Name">The module's name.</param>
public abstract record ParametricLayer(string Name) : Layer
{
    /// <summary>The weight's name.</summary>
    public string WeightName => $"{Name}.weight";

    /// <summary>The bias's name.</summary>
    public string BiasName => $"{Name}.bias";

    /// <summary>The weight's shape, outermost dimension first.</summary>
    public abstract IReadOnlyList<int> WeightShape { get; }

    /// <summary>Whether it has a bias.</summary>
    public virtual bool HasBias => true;

    /// <summary>The number of outputs that each have a bias, if any have one: the weight's outermost dimension.</summary>
    public int BiasLength => WeightShape[0];

    /// <summary>How many weights one output value is computed from.</summary>
    public int FanIn => FanInOf(WeightShape);

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> Parameters =>
        HasBias ? [(WeightName, WeightShape), (BiasName, [BiasLength])] : [(WeightName, WeightShape)];

    /// <inheritdoc/>
    internal override void Initialize(RandomStream random, Span<float> values) => DrawUniform(random, values, FanIn);
}
