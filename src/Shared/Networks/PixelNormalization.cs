using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Networks;

/// <summary>What becomes of a pixel's value before a network takes it: (value/255 − mean) / std, as <c>torchvision.transforms.Normalize</c> has it.</summary>
/// <param name="Mean">The mean of each channel, or one for all, 0 to 1.</param>
/// <param name="Std">The standard deviation of each channel, or one for all, above 0.</param>
public sealed record PixelNormalization(IReadOnlyList<double> Mean, IReadOnlyList<double> Std)
{
    /// <summary>The tutorial's, by which pixels become −1 to 1.</summary>
    public static PixelNormalization Usual { get; } = new([0.5], [0.5]);

    /// <summary>A channel's mean.</summary>
    public double MeanOf(int channel) => Mean[Mean.Count == 1 ? 0 : channel];

    /// <summary>A channel's standard deviation.</summary>
    public double StdOf(int channel) => Std[Std.Count == 1 ? 0 : channel];

    /// <inheritdoc/>
    public bool Equals(PixelNormalization? other) => other is not null && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mean.Count, Mean[0], Std.Count, Std[0]);

    /// <summary>As a person writes it on a command line: <c>mean=0.49/0.48/0.45,std=0.25/0.24/0.26</c>.</summary>
    public override string ToString() => $"{NormalizationField.MeanName}={Text(Mean)},{NormalizationField.StdName}={Text(Std)}";

    private static string Text(IEnumerable<double> numbers) => string.Join('/', numbers.Select(number => FormattableString.Invariant($"{number}")));
}
