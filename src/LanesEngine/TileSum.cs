using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>One of the loops that a tile sums over.</summary>
/// <param name="count">How often.</param>
/// <param name="rowStep">How far the row factors move each time.</param>
/// <param name="columnStep">How far the columns move each time.</param>
internal readonly struct Loop(int count, nint rowStep, nint columnStep)
{
    public readonly int Count = count;
    public readonly nint RowStep = rowStep;
    public readonly nint ColumnStep = columnStep;

    /// <summary>A loop of one iteration, for sums over fewer than three loops.</summary>
    public static Loop Once => new(1, 0, 0);
}

/// <summary>What a tile sums over: three nested loops that walk through the row factors and the columns.</summary>
/// <param name="outer">For instance over channels.</param>
/// <param name="middle">For instance over rows of the kernel.</param>
/// <param name="inner">For instance over a row of the kernel.</param>
/// <param name="rowStride">From one row's factor to the next row's.</param>
/// <param name="offsets">Where the columns lie.</param>
internal readonly unsafe struct TileSum<TLanes, TFactor>(Loop outer, Loop middle, Loop inner, nint rowStride, ColumnOffsets offsets)
    where TLanes : struct, ILanes<TLanes>
    where TFactor : struct, IRowFactor<TLanes>
{
    private readonly Loop outer = outer;
    private readonly Loop middle = middle;
    private readonly Loop inner = inner;
    private readonly nint rowStride = rowStride;
    private readonly ColumnOffsets offsets = offsets;

    /// <summary>The sums from a place on. The order of additions does not depend on the tile's size, so neither do the bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Tile<TLanes, TRows, TColumns> From<TRows, TColumns>(float* rows, float* columns)
        where TRows : struct, ICount
        where TColumns : struct, ICount => Continue<TRows, TColumns>(default, rows, columns);

    /// <summary>
    /// The sums from a place on, added to a tile of sums that was begun at another. The order of additions is that of one call over both places, so
    /// that sums which are stored between two calls have the same bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Tile<TLanes, TRows, TColumns> Continue<TRows, TColumns>(Tile<TLanes, TRows, TColumns> tile, float* rows, float* columns)
        where TRows : struct, ICount
        where TColumns : struct, ICount
    {
        // Copied to locals, which the compiler keeps in registers; fields of this it would load again in the loop.
        var (innerCount, middleCount) = (inner.Count, middle.Count);
        var (rowStep, columnStep) = (inner.RowStep, inner.ColumnStep);
        var (stride, places) = (rowStride, offsets);
        if (innerCount == 0)
            return tile;
        for (var o = 0; o < outer.Count; o++)
        {
            var (middleRows, middleColumns) = ((nint)rows, (nint)columns);
            for (var m = 0; m < middleCount; m++)
            {
                var innerRows = (float*)middleRows;
                var innerColumns = (float*)middleColumns;
                // A do loop tests its condition in one place; of a for loop the compiler makes two branches, since it tests before the first
                // iteration as well. A processor foresees where a loop ends by the last branches that were taken, and remembers only so many: with
                // one branch an iteration it foresees the end of loops that are twice as long.
                var left = innerCount;
                do
                {
                    tile.MultiplyAdd<TFactor>(innerRows, stride, innerColumns, places);
                    innerRows += rowStep;
                    innerColumns += columnStep;
                }
                while (--left > 0);

                middleRows += middle.RowStep * sizeof(float);
                middleColumns += middle.ColumnStep * sizeof(float);
            }

            rows += outer.RowStep;
            columns += outer.ColumnStep;
        }

        return tile;
    }
}
