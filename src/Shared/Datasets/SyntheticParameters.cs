namespace FlDurable.Shared.Datasets;

/// <summary>What a synthetic data set is made by.</summary>
/// <param name="Train">Training images.</param>
/// <param name="Test">Test images.</param>
/// <param name="Seed">0 to <see cref="Randomness.RandomStream.MaxSeed"/>.</param>
internal sealed record SyntheticParameters(int Train = 50_000, int Test = 10_000, long Seed = 0)
{
    /// <summary>The most images of a split, so that both fit <see cref="DatasetLimits.MaxDecodedLength"/>.</summary>
    public const int MaxImages = 300_000;
}
