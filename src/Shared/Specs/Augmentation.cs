namespace FlDurable.Shared.Specs;

/// <summary>How a client changes each image anew in each epoch that it trains on it. What it evaluates on stays as it is.</summary>
/// <param name="Pad">
/// An image is continued by so many pixels on every side, as if in a mirror that stands on its outermost pixels, and its size is cut out of that
/// somewhere.
/// </param>
/// <param name="Flip">Whether half of the images have left and right exchanged.</param>
public sealed record Augmentation(int Pad, bool Flip = true)
{
    /// <summary>As a person writes it on a command line: <c>pad=4,flip=true</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{AugmentationField.PadName}={Pad},{AugmentationField.FlipName}={(Flip ? "true" : "false")}");
}
