using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities;

/// <summary>What every engine makes of a channel's pixels: 0…255 becomes (v/255 − mean)/std, by one multiplication and addition; usually −1…1.</summary>
/// <param name="Factor">Of a pixel's step.</param>
/// <param name="Offset">Of black.</param>
internal readonly record struct PixelScale(float Factor, float Offset)
{
    /// <summary>That of each channel of a network's images.</summary>
    public static PixelScale[] Of(Network network) => [.. Enumerable.Range(0, network.Input.Channels).Select(channel =>
    {
        var (mean, std) = (network.Normalization.MeanOf(channel), network.Normalization.StdOf(channel));
        return new PixelScale((float)(1 / (255 * std)), (float)(-mean / std));
    })];

    /// <summary>A pixel's value, rounded once.</summary>
    public float Of(byte pixel) => MathF.FusedMultiplyAdd(pixel, Factor, Offset);
}
