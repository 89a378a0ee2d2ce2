using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>Lengths of strips.</summary>
internal static class Strip
{
    /// <summary>Runs of sixteen numbers in a whole strip.</summary>
    public const int Runs = 2;

    /// <summary>Numbers in a whole strip.</summary>
    public const int Length = Runs * LaneGroup.Size;
}

/// <summary>
/// One or two runs of sixteen numbers, computed as a tile's columns: the groups of a slice, or 32 weights in a row. With 512-bit vectors
/// a run is a column. With 256-bit vectors its halves are two columns, and the runs are computed one after the other, so that whole cache
/// lines are used and only one run's have to be near.
/// </summary>
/// <param name="runs">How many.</param>
/// <param name="runStep">From the first run to the second.</param>
internal readonly struct Strip<TLanes>(int runs, nint runStep)
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>A tile's columns.</summary>
    public int Columns => runs * LaneGroup.Size / (TLanes.Count * Passes);

    /// <summary>Tiles that it takes.</summary>
    public int Passes => TLanes.Count < LaneGroup.Size ? runs : 1;

    /// <summary>From a tile's columns to the next one's.</summary>
    public nint PassStep => runStep;

    /// <summary>How many strips a tile can take: as many as have registers for their sums.</summary>
    public int StripsTogether => Math.Max(1, Tiling.BestColumns<TLanes>() / Columns);

    /// <summary>Where the columns lie.</summary>
    public ColumnOffsets Offsets => new(TLanes.Count < LaneGroup.Size ? TLanes.Count : runStep, 0, 0);

    /// <summary>Where the columns of <see cref="StripsTogether"/> strips lie.</summary>
    /// <param name="step">From a strip to the next.</param>
    public ColumnOffsets OffsetsTogether(nint step) => StripsTogether == 1
        ? Offsets
        : Columns == 1 ? ColumnOffsets.Every(step) : new(runStep, step, step + runStep);
}
