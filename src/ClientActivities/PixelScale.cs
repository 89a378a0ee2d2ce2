namespace FlDurable.ClientActivities;

/// <summary>What every engine makes of a pixel: 0…255 becomes (v/255 − 0.5)/0.5, that is −1…1.</summary>
internal static class PixelScale
{
    /// <summary>Of a pixel's step.</summary>
    public const float Factor = 2f / 255f;

    /// <summary>Of black.</summary>
    public const float Offset = -1f;

    /// <summary>A pixel's value, rounded once.</summary>
    public static float Of(byte pixel) => MathF.FusedMultiplyAdd(pixel, Factor, Offset);
}
