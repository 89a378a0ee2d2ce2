using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>
/// Rows × columns of sums, all in registers: the engine's one inner loop adds row[r] · column[c] to sum[r, c]. With R rows and C columns
/// it loads R + C vectors for R · C multiply-adds, so that the loads don't hold the multipliers up, and R · C sums that don't wait for
/// each other hide how long one multiply-add takes. (The compiler keeps the fields of a local struct in registers as long as they are
/// used by name; an array would go through memory.)
/// </summary>
internal unsafe struct Tile<TLanes, TRows, TColumns>
    where TLanes : struct, ILanes<TLanes>
    where TRows : struct, ICount
    where TColumns : struct, ICount
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private Columns<TLanes, TColumns> row0;
    private Columns<TLanes, TColumns> row1;
    private Columns<TLanes, TColumns> row2;
    private Columns<TLanes, TColumns> row3;
    private Columns<TLanes, TColumns> row4;
    private Columns<TLanes, TColumns> row5;

    /// <summary>Adds the product of a column of row factors and a row of columns.</summary>
    /// <param name="rows">The first row's factor.</param>
    /// <param name="stride">From a row's factor to the next one's.</param>
    /// <param name="columns">The columns.</param>
    [MethodImpl(Inline)]
    public void MultiplyAdd<TFactor>(float* rows, nint stride, in Columns<TLanes, TColumns> columns)
        where TFactor : struct, IRowFactor<TLanes>
    {
        row0.MultiplyAdd(TFactor.Load(rows), columns);
        if (TRows.Value > 1)
            row1.MultiplyAdd(TFactor.Load(rows + stride), columns);
        if (TRows.Value > 2)
            row2.MultiplyAdd(TFactor.Load(rows + 2 * stride), columns);
        if (TRows.Value > 3)
            row3.MultiplyAdd(TFactor.Load(rows + 3 * stride), columns);
        if (TRows.Value > 4)
            row4.MultiplyAdd(TFactor.Load(rows + 4 * stride), columns);
        if (TRows.Value > 5)
            row5.MultiplyAdd(TFactor.Load(rows + 5 * stride), columns);
    }

    /// <summary>Hands the sums on, row by row.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="row">The first row.</param>
    /// <param name="place">The first column's place in the row.</param>
    [MethodImpl(Inline)]
    public readonly void PutInto<TSink>(TSink sink, int row, nint place)
        where TSink : struct, ISumSink<TLanes>
    {
        sink.Put(row, place, row0);
        if (TRows.Value > 1)
            sink.Put(row + 1, place, row1);
        if (TRows.Value > 2)
            sink.Put(row + 2, place, row2);
        if (TRows.Value > 3)
            sink.Put(row + 3, place, row3);
        if (TRows.Value > 4)
            sink.Put(row + 4, place, row4);
        if (TRows.Value > 5)
            sink.Put(row + 5, place, row5);
    }
}

/// <summary>What the columns of a tile are multiplied by, row by row.</summary>
internal unsafe interface IRowFactor<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    static abstract TLanes Load(float* from);
}

/// <summary>One number for all lanes: a weight.</summary>
internal readonly unsafe struct Scalar<TLanes> : IRowFactor<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load(float* from) => TLanes.Broadcast(*from);
}

/// <summary>A number for each lane: an activation.</summary>
internal readonly unsafe struct PerLane<TLanes> : IRowFactor<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load(float* from) => TLanes.Load(from);
}
