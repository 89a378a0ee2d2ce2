namespace FlDurable.Shared.Networks;

/// <summary>A matrix product: weight <c>[out, in]</c>.</summary>
/// <param name="Name">The module's name.</param>
/// <param name="InFeatures">Input features.</param>
/// <param name="OutFeatures">Output features.</param>
/// <param name="Bias">Whether each output feature has a bias.</param>
public sealed record Linear(string Name, int InFeatures, int OutFeatures, bool Bias = true) : ParametricLayer(Name)
{
    /// <inheritdoc/>
    public override string Kind => "linear";

    /// <inheritdoc/>
    public override IReadOnlyList<int> WeightShape => [OutFeatures, InFeatures];

    /// <inheritdoc/>
    public override bool HasBias => Bias;

    /// <summary>A product of however many features come to it.</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="outFeatures">Output features; null for one a class.</param>
    /// <param name="bias">Whether each output feature has a bias.</param>
    public static LayerPlan Plan(string? name, int? outFeatures = null, bool bias = true) => new(
        "linear", name, place => new Linear(place.Name, place.Input.Channels, outFeatures ?? place.Classes, bias));

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) =>
        input.AsActivation() == new ImageShape(InFeatures, 1, 1)
            ? new ImageShape(OutFeatures, 1, 1)
            : throw new NetworkFitException($"takes {InFeatures} flattened features, got {input}");

    /// <summary>Beside the output the input once more, transposed.</summary>
    internal override long ValuesHeld(ImageShape input) => OutputShape(input).Length + input.Length;

    /// <inheritdoc/>
    internal override double MultiplyAdds(ImageShape input) => (double)InFeatures * OutFeatures;
}

/// <summary>The same values as one row of features.</summary>
public sealed record Flatten : Layer
{
    /// <summary>Its plan.</summary>
    public static LayerPlan Plan { get; } = new("flatten", name: null, _ => new Flatten());

    /// <inheritdoc/>
    public override string Kind => "flatten";

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) => new(input.Length, 1, 1);

    /// <summary>It is the same memory.</summary>
    internal override long ValuesHeld(ImageShape input) => 0;
}
