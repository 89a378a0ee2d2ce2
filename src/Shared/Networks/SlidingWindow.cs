namespace FlDurable.Shared.Networks;

/// <summary>A square window that moves over a plane, as convolutions and poolings have one.</summary>
/// <param name="Size">Its height and width.</param>
/// <param name="Stride">From a place to the next, down and to the right.</param>
/// <param name="Padding">Rows and columns added on each side.</param>
public readonly record struct SlidingWindow(int Size, int Stride, int Padding)
{
    /// <summary>The places that it has on a plane, in rows and columns.</summary>
    /// <param name="channels">How many planes there are afterwards.</param>
    /// <param name="input">The plane's height and width.</param>
    /// <exception cref="NetworkFitException">It has none: the plane is too small.</exception>
    public ImageShape Over(ImageShape input, int channels)
    {
        var least = Math.Max(1, Size - 2 * Padding);
        return input.Height >= least && input.Width >= least
            ? new ImageShape(channels, Places(input.Height), Places(input.Width))
            : throw new NetworkFitException($"takes planes of at least {least}×{least}, got {input}");
    }

    private int Places(int length) => (length + 2 * Padding - Size) / Stride + 1;
}
