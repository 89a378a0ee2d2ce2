namespace FlDurable.ClientActivities.Lanes;

/// <summary>
/// One or two runs of sixteen numbers, each a column of a tile: the two groups of a slice, or 32 weights in a row. With 256-bit vectors
/// the tile is computed twice, for either half of the runs.
/// </summary>
internal static class Strip
{
    /// <summary>Numbers in a strip of two runs.</summary>
    public const int Length = 2 * LaneGroup.Size;

    /// <summary>Where the columns lie when the second run lies so far behind the first.</summary>
    public static ColumnOffsets Offsets(nint secondRun) => new(secondRun, 0, 0);
}
