using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>Where the second, third and fourth column lie, counted from the first.</summary>
internal readonly record struct ColumnOffsets(nint Second, nint Third, nint Fourth)
{
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
    public static Columns<TLanes, TCount> Load(float* first, ColumnOffsets offsets)
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
    public readonly void Store(float* first, ColumnOffsets offsets)
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
        First = TLanes.MultiplyAdd(factor, columns.First, First);
        if (TCount.Value > 1)
            Second = TLanes.MultiplyAdd(factor, columns.Second, Second);
        if (TCount.Value > 2)
            Third = TLanes.MultiplyAdd(factor, columns.Third, Third);
        if (TCount.Value > 3)
            Fourth = TLanes.MultiplyAdd(factor, columns.Fourth, Fourth);
    }

    [MethodImpl(Inline)]
    public static Columns<TLanes, TCount> operator +(in Columns<TLanes, TCount> left, in Columns<TLanes, TCount> right)
    {
        Columns<TLanes, TCount> sum = default;
        sum.First = left.First + right.First;
        if (TCount.Value > 1)
            sum.Second = left.Second + right.Second;
        if (TCount.Value > 2)
            sum.Third = left.Third + right.Third;
        if (TCount.Value > 3)
            sum.Fourth = left.Fourth + right.Fourth;
        return sum;
    }

    /// <summary>Each column plus the same, or a floor where that is larger.</summary>
    [MethodImpl(Inline)]
    public readonly Columns<TLanes, TCount> PlusAtLeast(TLanes addend, TLanes floor)
    {
        Columns<TLanes, TCount> columns = default;
        columns.First = TLanes.AtLeast(First + addend, floor);
        if (TCount.Value > 1)
            columns.Second = TLanes.AtLeast(Second + addend, floor);
        if (TCount.Value > 2)
            columns.Third = TLanes.AtLeast(Third + addend, floor);
        if (TCount.Value > 3)
            columns.Fourth = TLanes.AtLeast(Fourth + addend, floor);
        return columns;
    }
}
