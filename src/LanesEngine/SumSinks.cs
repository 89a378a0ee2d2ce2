using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>What becomes of a tile's sums.</summary>
internal interface ISumSink<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Takes one row of sums.</summary>
    /// <param name="row">Which row.</param>
    /// <param name="place">The first column's place in the row.</param>
    /// <param name="sums">The sums.</param>
    void Put<TColumns>(int row, nint place, in Columns<TLanes, TColumns> sums)
        where TColumns : struct, ICount;
}

/// <summary>Sums in memory: put down, and taken up again to go on.</summary>
internal readonly unsafe struct Stored<TLanes>(float* to, nint rowStride, ColumnOffsets offsets) : ISumSink<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put<TColumns>(int row, nint place, in Columns<TLanes, TColumns> sums)
        where TColumns : struct, ICount => sums.Store(to + row * rowStride + place, offsets);

    /// <summary>One row of sums that were stored before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Columns<TLanes, TColumns> Take<TColumns>(int row, nint place)
        where TColumns : struct, ICount => Columns<TLanes, TColumns>.Load(to + row * rowStride + place, offsets);
}

/// <summary>
/// The output of a convolution that 2×2 max-pooling follows: of the window's four sums, the columns, only the largest is kept, plus the
/// row's bias, rectified if a ReLU stands between; and which column it was, for the way back.
/// </summary>
internal readonly unsafe struct Pooled<TLanes>(float* to, float* winners, nint rowStride, float* bias, bool rectify) : ISumSink<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put<TColumns>(int row, nint place, in Columns<TLanes, TColumns> sums)
        where TColumns : struct, ICount
    {
        var largest = sums.First;
        var winner = default(TLanes);
        Maximum.Meet(sums.Second, 1, ref largest, ref winner);
        Maximum.Meet(sums.Third, 2, ref largest, ref winner);
        Maximum.Meet(sums.Fourth, 3, ref largest, ref winner);
        var output = largest + TLanes.Broadcast(bias[row]);
        if (rectify)
        {
            winner = TLanes.Select(TLanes.IsGreater(output, default), winner, TLanes.Broadcast(PoolingWindow.NoWinner));
            output = Relu.Of(output);
        }

        output.Store(to + row * rowStride + place);
        winner.Store(winners + row * rowStride + place);
    }
}
