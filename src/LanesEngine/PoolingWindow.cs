using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>The window of the pooling that is computed together with a convolution: 2×2, its positions in row-major order.</summary>
internal static class PoolingWindow
{
    /// <summary>Rows and columns.</summary>
    public const int Size = 2;

    /// <summary>Positions.</summary>
    public const int Positions = Size * Size;

    /// <summary>The winner of a window whose largest value the rectifier cut off.</summary>
    public const float NoWinner = -1f;

    /// <summary>The positions as a tile's columns.</summary>
    public static ColumnOffsets Columns(nint row) => new(LaneGroup.Size, row, row + LaneGroup.Size);
}
