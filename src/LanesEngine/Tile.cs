using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// Rows × columns of sums, all in registers: the engine's inner loop adds row[r] · column[c] to sum[r, c]. With R rows and C columns
/// it loads R + C vectors for R · C multiply-adds, so that the loads don't hold the multipliers up, and R · C sums that don't wait for
/// each other hide how long one multiply-add takes. The side that has fewer is loaded first and kept, and the other passes it one by one,
/// so that beside the sums min(R, C) + 1 registers are enough. (The compiler keeps the fields of a local struct in registers as long as
/// they are used by name; an array would go through memory.)
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
    /// <param name="columns">The first column.</param>
    /// <param name="offsets">Where the others lie.</param>
    [MethodImpl(Inline)]
    public void MultiplyAdd<TFactor>(float* rows, nint stride, float* columns, in ColumnOffsets offsets)
        where TFactor : struct, IRowFactor<TLanes>
    {
        if (TRows.Value < TColumns.Value)
            PassColumns<TFactor>(rows, stride, columns, offsets);
        else
            PassRows<TFactor>(rows, stride, Columns<TLanes, TColumns>.Load(columns, offsets));
    }

    [MethodImpl(Inline)]
    private void PassRows<TFactor>(float* rows, nint stride, in Columns<TLanes, TColumns> columns)
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

    /// <summary>
    /// Adds a factor times as many rows of columns as the tile has, each row's its own: a load for each multiply-add, for sums of which few
    /// products are not 0.
    /// </summary>
    /// <param name="factor">The factor.</param>
    /// <param name="columns">The first row's first column.</param>
    /// <param name="stride">From a row to the next one.</param>
    /// <param name="offsets">Where a row's other columns lie.</param>
    [MethodImpl(Inline)]
    public void AddRows(TLanes factor, float* columns, nint stride, in ColumnOffsets offsets)
    {
        row0.MultiplyAdd(factor, Columns<TLanes, TColumns>.Load(columns, offsets));
        if (TRows.Value > 1)
            row1.MultiplyAdd(factor, Columns<TLanes, TColumns>.Load(columns + stride, offsets));
        if (TRows.Value > 2)
            row2.MultiplyAdd(factor, Columns<TLanes, TColumns>.Load(columns + 2 * stride, offsets));
        if (TRows.Value > 3)
            row3.MultiplyAdd(factor, Columns<TLanes, TColumns>.Load(columns + 3 * stride, offsets));
        if (TRows.Value > 4)
            row4.MultiplyAdd(factor, Columns<TLanes, TColumns>.Load(columns + 4 * stride, offsets));
        if (TRows.Value > 5)
            row5.MultiplyAdd(factor, Columns<TLanes, TColumns>.Load(columns + 5 * stride, offsets));
    }

    /// <summary>For fewer rows than columns: at most three.</summary>
    [MethodImpl(Inline)]
    private void PassColumns<TFactor>(float* rows, nint stride, float* columns, in ColumnOffsets offsets)
        where TFactor : struct, IRowFactor<TLanes>
    {
        var factor0 = TFactor.Load(rows);
        var factor1 = TRows.Value > 1 ? TFactor.Load(rows + stride) : default;
        var factor2 = TRows.Value > 2 ? TFactor.Load(rows + 2 * stride) : default;
        AddColumn(TLanes.Load(columns), factor0, factor1, factor2, ref row0.First, ref row1.First, ref row2.First);
        if (TColumns.Value > 1)
            AddColumn(TLanes.Load(columns + offsets.Second), factor0, factor1, factor2, ref row0.Second, ref row1.Second, ref row2.Second);
        if (TColumns.Value > 2)
            AddColumn(TLanes.Load(columns + offsets.Third), factor0, factor1, factor2, ref row0.Third, ref row1.Third, ref row2.Third);
        if (TColumns.Value > 3)
            AddColumn(TLanes.Load(columns + offsets.Fourth), factor0, factor1, factor2, ref row0.Fourth, ref row1.Fourth, ref row2.Fourth);
    }

    [MethodImpl(Inline)]
    private static void AddColumn(
        TLanes column, TLanes factor0, TLanes factor1, TLanes factor2, ref TLanes sum0, ref TLanes sum1, ref TLanes sum2)
    {
        sum0.AddProduct(factor0, column);
        if (TRows.Value > 1)
            sum1.AddProduct(factor1, column);
        if (TRows.Value > 2)
            sum2.AddProduct(factor2, column);
    }

    /// <summary>Sums that were stored.</summary>
    /// <param name="stored">Where.</param>
    /// <param name="row">The first row.</param>
    /// <param name="place">The first column's place in the row.</param>
    [MethodImpl(Inline)]
    public static Tile<TLanes, TRows, TColumns> TakeFrom(Stored<TLanes> stored, int row, nint place)
    {
        Tile<TLanes, TRows, TColumns> tile = default;
        tile.row0 = stored.Take<TColumns>(row, place);
        if (TRows.Value > 1)
            tile.row1 = stored.Take<TColumns>(row + 1, place);
        if (TRows.Value > 2)
            tile.row2 = stored.Take<TColumns>(row + 2, place);
        if (TRows.Value > 3)
            tile.row3 = stored.Take<TColumns>(row + 3, place);
        if (TRows.Value > 4)
            tile.row4 = stored.Take<TColumns>(row + 4, place);
        if (TRows.Value > 5)
            tile.row5 = stored.Take<TColumns>(row + 5, place);
        return tile;
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
