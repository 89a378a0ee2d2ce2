using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Networks;

/// <summary>
/// Group normalisation (Wu and He 2018): each image's groups of channels have mean 0 and variance 1, then each channel its weight and its
/// bias. What an image becomes depends on no other image.
/// </summary>
/// <param name="Name">The module's name.</param>
/// <param name="Groups">In how many groups the channels are divided.</param>
/// <param name="Channels">Channels.</param>
public sealed record GroupNorm(string Name, int Groups, int Channels) : ParametricLayer(Name)
{
    /// <summary>What is added to the variance, PyTorch's default.</summary>
    public const float Epsilon = 1e-5f;

    /// <inheritdoc/>
    public override string Kind => "groupnorm";

    /// <inheritdoc/>
    public override IReadOnlyList<int> WeightShape => [Channels];

    /// <summary>The normalisation of however many channels come to it.</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="groups">In how many groups they are divided.</param>
    public static LayerPlan Plan(string? name, int groups) =>
        new("groupnorm", name, place => new GroupNorm(place.Name, groups, place.Input.Channels));

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) => input.Channels == Channels && Channels % Groups == 0
        ? input
        : throw new NetworkFitException($"takes channels in {Groups} groups of one size, got {input}");

    /// <inheritdoc/>
    internal override void Initialize(RandomStream random, Span<float> values)
    {
        values[..Channels].Fill(1);
        values[Channels..].Clear();
    }
}

/// <summary>
/// Batch normalisation (Ioffe and Szegedy 2015): over a batch each channel has mean 0 and variance 1, then its weight and its bias. When it
/// is evaluated it takes the running mean and variance of the batches that it was trained on, which travel with the parameters and are
/// averaged like them, but which no optimizer touches.
/// </summary>
/// <param name="Name">The module's name.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Momentum">The part that a batch has in the running statistics.</param>
public sealed record BatchNorm2d(string Name, int Channels, double Momentum = BatchNorm2d.DefaultMomentum) : ParametricLayer(Name)
{
    /// <summary>PyTorch's default.</summary>
    public const double DefaultMomentum = 0.1;

    /// <summary>What is added to the variance, PyTorch's default.</summary>
    public const float Epsilon = 1e-5f;

    /// <inheritdoc/>
    public override string Kind => "batchnorm2d";

    /// <inheritdoc/>
    public override IReadOnlyList<int> WeightShape => [Channels];

    /// <summary>The running mean's name.</summary>
    public string MeanName => $"{Name}.running_mean";

    /// <summary>The running variance's name.</summary>
    public string VarianceName => $"{Name}.running_var";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> Parameters =>
        [.. base.Parameters, (MeanName, [Channels]), (VarianceName, [Channels])];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Statistics => [MeanName, VarianceName];

    /// <summary>The normalisation of however many channels come to it.</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="momentum">The part that a batch has in the running statistics.</param>
    public static LayerPlan Plan(string? name, double momentum = DefaultMomentum) =>
        new("batchnorm2d", name, place => new BatchNorm2d(place.Name, place.Input.Channels, momentum));

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) =>
        input.Channels == Channels ? input : throw new NetworkFitException($"takes {Channels} channels, got {input}");

    /// <inheritdoc/>
    internal override void Initialize(RandomStream random, Span<float> values)
    {
        values[..Channels].Fill(1); // weight
        values[Channels..(3 * Channels)].Clear(); // bias, running mean
        values[(3 * Channels)..].Fill(1); // running variance
    }
}
