using FlDurable.Shared.Networks;
using static TorchSharp.torch;

namespace FlDurable.TorchEngine;

/// <summary>
/// Pixels side by side with all their channels: the layout that libtorch's convolutions are fastest on, and right on every machine. On
/// planes, libtorch 2.10 (oneDNN) computes wrong numbers in silence where a virtual machine tells nothing of its processor's caches.
/// </summary>
internal static class ChannelsLast
{
    /// <summary>Whether both layouts are the same in memory, so that libtorch takes planes.</summary>
    public static bool IsAmbiguous(ImageShape shape) => shape.Channels == 1 || shape is { Height: 1, Width: 1 };

    /// <summary>The same values in this layout: themselves where they are.</summary>
    /// <param name="values">Values <c>[n, channels, height, width]</c>, or features <c>[n, features]</c>, which have no layout.</param>
    public static Tensor Kept(Tensor values) =>
        values.ndim == 4 ? values.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : values;

    /// <summary>
    /// The same values as planes, for normalisations: of pixels side by side libtorch 2.10 takes variances as E[x²] − E[x]², which loses all
    /// digits about a large mean, and on the way back writes to where no gradient is asked for.
    /// </summary>
    public static Tensor AsPlanes(Tensor values) => values.contiguous();

    /// <summary>The same values with a second channel of zeros and clearly in this layout; a convolution of two such is unchanged.</summary>
    /// <param name="values">Values <c>[n, channels, height, width]</c>.</param>
    public static Tensor Of(Tensor values)
    {
        var pixels = values.permute(0, 2, 3, 1);
        return cat([pixels, zeros_like(pixels)], dim: 3).permute(0, 3, 1, 2);
    }
}
