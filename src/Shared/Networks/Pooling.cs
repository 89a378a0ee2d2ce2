namespace FlDurable.Shared.Networks;

/// <summary>
/// The maximum of each square window; rows and columns that fill no window are left out, and padding is less than any value. Of equal
/// values the first in row-major order counts.
/// </summary>
/// <param name="Size">The window's height and width.</param>
/// <param name="Stride">From a window to the next; 0 for the window's size, windows side by side.</param>
/// <param name="Padding">Rows and columns added on each side: at most half of the window.</param>
public sealed record MaxPool2d(int Size, int Stride = 0, int Padding = 0) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "maxpool2d";

    /// <summary>The window's way.</summary>
    public SlidingWindow Window => new(Size, Stride == 0 ? Size : Stride, Padding);

    /// <summary>Its plan.</summary>
    /// <inheritdoc cref="MaxPool2d(int, int, int)"/>
    public static LayerPlan Plan(int size, int stride = 0, int padding = 0) => new("maxpool2d", name: null, _ => new MaxPool2d(size, stride, padding));

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) => Pooling.Over(Window, input);

    /// <summary>Beside each maximum where it was.</summary>
    internal override long ValuesHeld(ImageShape input) => 2L * OutputShape(input).Length;
}

/// <summary>The mean of each square window; rows and columns that fill no window are left out.</summary>
/// <param name="Size">The window's height and width.</param>
/// <param name="Stride">From a window to the next; 0 for the window's size, windows side by side.</param>
/// <param name="Padding">Rows and columns of zeros added on each side: at most half of the window.</param>
/// <param name="CountPadding">Whether a mean counts the padding, as PyTorch does by default.</param>
public sealed record AvgPool2d(int Size, int Stride = 0, int Padding = 0, bool CountPadding = true) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "avgpool2d";

    /// <summary>The window's way.</summary>
    public SlidingWindow Window => new(Size, Stride == 0 ? Size : Stride, Padding);

    /// <summary>Its plan.</summary>
    /// <inheritdoc cref="AvgPool2d(int, int, int, bool)"/>
    public static LayerPlan Plan(int size, int stride = 0, int padding = 0, bool countPadding = true) =>
        new("avgpool2d", name: null, _ => new AvgPool2d(size, stride, padding, countPadding));

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) => Pooling.Over(Window, input);
}

/// <summary>The mean of each plane: one value a channel.</summary>
public sealed record GlobalAvgPool2d : Layer
{
    /// <summary>Its plan.</summary>
    public static LayerPlan Plan { get; } = new("globalavgpool2d", name: null, _ => new GlobalAvgPool2d());

    /// <inheritdoc/>
    public override string Kind => "globalavgpool2d";

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) => new(input.Channels, 1, 1);
}

/// <summary>What poolings have in common.</summary>
internal static class Pooling
{
    public static ImageShape Over(SlidingWindow window, ImageShape input) => 2 * window.Padding <= window.Size
        ? window.Over(input, input.Channels)
        : throw new NetworkFitException($"takes a padding of at most half of its window of {window.Size}×{window.Size}, got {window.Padding}");
}
