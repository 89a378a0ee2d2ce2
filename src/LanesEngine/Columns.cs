using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>Where the second, third and fourth column lie, counted from the first.</summary>
internal readonly struct ColumnOffsets(nint second, nint third, nint fourth)
{
    public readonly nint Second = second;
    public readonly nint Third = third;
    public readonly nint Fourth = fourth;

    /// <summary>Columns a step apart.</summary>
    public static ColumnOffsets Every(nint step) => new(step, 2 * step, 3 * step);
}

/// <summary>Up to four vectors side by side: one row of a <see cref="Tile{TLanes,TRows,TColumns}"/>.</summary>
internal unsafe struct Columns<TLanes, TCount>
    where TLanes : struct, ILanes<TLanes>
    where TCount : struct, ICount
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public TLanes First;
    public TLanes Second;
    public TLanes Third;
    public TLanes Fourth;

    [MethodImpl(Inline)]
    public static Columns<TLanes, TCount> Load(float* first, in ColumnOffsets offsets)
    {
        Columns<TLanes, TCount> columns = default;
        columns.First = TLanes.Load(first);
        if (TCount.Value > 1)
            columns.Second = TLanes.Load(first + offsets.Second);
        if (TCount.Value > 2)
            columns.Third = TLanes.Load(first + offsets.Third);
        if (TCount.Value > 3)
            columns.Fourth = TLanes.Load(first + offsets.Fourth);
        return columns;
    }

    [MethodImpl(Inline)]
    public readonly void Store(float* first, in ColumnOffsets offsets)
    {
        First.Store(first);
        if (TCount.Value > 1)
            Second.Store(first + offsets.Second);
        if (TCount.Value > 2)
            Third.Store(first + offsets.Third);
        if (TCount.Value > 3)
            Fourth.Store(first + offsets.Fourth);
    }

    /// <summary>this + factor · columns.</summary>
    [MethodImpl(Inline)]
    public void MultiplyAdd(TLanes factor, in Columns<TLanes, TCount> columns)
    {
        First.AddProduct(factor, columns.First);
        if (TCount.Value > 1)
            Second.AddProduct(factor, columns.Second);
        if (TCount.Value > 2)
            Third.AddProduct(factor, columns.Third);
        if (TCount.Value > 3)
            Fourth.AddProduct(factor, columns.Fourth);
    }
}
