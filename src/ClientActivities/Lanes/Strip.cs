namespace FlDurable.ClientActivities.Lanes;

/// <summary>
/// One or two runs of sixteen numbers as the columns of a tile: the two groups of a slice, or 32 weights in a row. Two 512-bit vectors
/// or four 256-bit ones.
/// </summary>
internal static class Strip
{
    /// <summary>Numbers in a strip of two runs.</summary>
    public const int Length = 2 * LaneGroup.Size;

    /// <summary>The columns that so many runs make.</summary>
    public static int Columns<TLanes>(int runs)
        where TLanes : struct, ILanes<TLanes> => runs * LaneGroup.Size / TLanes.Count;

    /// <summary>Where the columns lie when the second run lies so far behind the first.</summary>
    public static ColumnOffsets Offsets<TLanes>(nint secondRun)
        where TLanes : struct, ILanes<TLanes> =>
        TLanes.Count == LaneGroup.Size ? new(secondRun, 0, 0) : new(TLanes.Count, secondRun, secondRun + TLanes.Count);
}
