using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Networks;

/// <summary>One layer of a network, as data. Engines know how to compute each kind.</summary>
public abstract record Layer
{
    private protected Layer()
    {
    }

    /// <summary>Its parameters by their names in PyTorch's <c>state_dict</c>, with their shapes, outermost dimension first.</summary>
    public virtual IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> Parameters => [];

    /// <summary>The shape of what it makes of an input of the given shape.</summary>
    /// <exception cref="ArgumentException">The layer does not take such an input.</exception>
    public abstract ImageShape OutputShape(ImageShape input);

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

/// <summary>A layer with a weight and a bias, named as in PyTorch's <c>state_dict</c>: <c>{name}.weight</c>, <c>{name}.bias</c>.</summary>
/// <param name="Name">The module's name.</param>
public abstract record ParametricLayer(string Name) : Layer
{
    /// <summary>The weight's shape, outermost dimension first.</summary>
    public abstract IReadOnlyList<int> WeightShape { get; }

    /// <summary>The number of outputs that each have a bias: the weight's outermost dimension.</summary>
    public int BiasLength => WeightShape[0];

    /// <summary>How many weights one output value is computed from.</summary>
    public int FanIn => FanInOf(WeightShape);

    /// <inheritdoc/>
    public sealed override IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> Parameters =>
        [($"{Name}.weight", WeightShape), ($"{Name}.bias", [BiasLength])];

    /// <inheritdoc/>
    internal sealed override void Initialize(RandomStream random, Span<float> values) => DrawUniform(random, values, FanIn);
}

/// <summary>A convolution of stride 1 with bias: weight <c>[out, in, kernel, kernel]</c>.</summary>
/// <param name="Name">The module's name.</param>
/// <param name="InChannels">Input channels.</param>
/// <param name="OutChannels">Output channels.</param>
/// <param name="Kernel">The kernel's height and width.</param>
/// <param name="Padding">Zeros added on each side.</param>
public sealed record Conv2d(string Name, int InChannels, int OutChannels, int Kernel, int Padding = 0) : ParametricLayer(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> WeightShape => [OutChannels, InChannels, Kernel, Kernel];

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input)
    {
        var output = new ImageShape(OutChannels, input.Height + 2 * Padding - Kernel + 1, input.Width + 2 * Padding - Kernel + 1);
        return input.Channels == InChannels && output is { Height: > 0, Width: > 0 }
            ? output
            : throw new ArgumentException(
                $"{Name}: takes {InChannels} channels of at least {Kernel - 2 * Padding}×{Kernel - 2 * Padding}, got {input}");
    }
}

/// <summary>max(x, 0) of every value; its derivative at 0 is 0.</summary>
public sealed record ReLU : Layer
{
    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) => input;
}

/// <summary>
/// The maximum of each square window, windows side by side; rows and columns that fill no window are left out. Of equal values the
/// first in row-major order counts.
/// </summary>
/// <param name="Size">The window's height and width, and the stride.</param>
public sealed record MaxPool2d(int Size) : Layer
{
    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) =>
        input.Height >= Size && input.Width >= Size
            ? new ImageShape(input.Channels, input.Height / Size, input.Width / Size)
            : throw new ArgumentException($"max-pooling by {Size}: takes at least {Size}×{Size}, got {input}");
}

/// <summary>The same values as one row of features.</summary>
public sealed record Flatten : Layer
{
    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) => new(input.Length, 1, 1);
}

/// <summary>A matrix product with bias: weight <c>[out, in]</c>.</summary>
/// <param name="Name">The module's name.</param>
/// <param name="InFeatures">Input features.</param>
/// <param name="OutFeatures">Output features.</param>
public sealed record Linear(string Name, int InFeatures, int OutFeatures) : ParametricLayer(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> WeightShape => [OutFeatures, InFeatures];

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) =>
        input == new ImageShape(InFeatures, 1, 1)
            ? new ImageShape(OutFeatures, 1, 1)
            : throw new ArgumentException($"{Name}: takes {InFeatures} flattened features, got {input}");
}
