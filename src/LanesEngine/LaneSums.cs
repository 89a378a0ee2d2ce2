using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// Sums of many vectors one behind the other. Four sums go on side by side, so that they don't wait for each other and lose less to rounding
/// than one would; which value is in which of them does not depend on the vectors' width.
/// </summary>
internal static unsafe class LaneSums
{
    private const int Sums = 4;

    /// <summary>The sum of values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(float* values, int count)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        var index = 0;
        for (; index <= count - Sums; index += Sums, values += Sums * LaneGroup.Size)
        {
            sum0 += TLanes.Load(values);
            sum1 += TLanes.Load(values + LaneGroup.Size);
            sum2 += TLanes.Load(values + 2 * LaneGroup.Size);
            sum3 += TLanes.Load(values + 3 * LaneGroup.Size);
        }

        for (; index < count; index++, values += LaneGroup.Size)
            sum0 += TLanes.Load(values);
        return (sum0 + sum1) + (sum2 + sum3);
    }

    /// <summary>The sum of the squares of values' distances from a mean.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes OfSquares<TLanes>(float* values, int count, TLanes mean)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        var index = 0;
        for (; index <= count - Sums; index += Sums, values += Sums * LaneGroup.Size)
        {
            sum0 = PlusSquare(sum0, TLanes.Load(values) - mean);
            sum1 = PlusSquare(sum1, TLanes.Load(values + LaneGroup.Size) - mean);
            sum2 = PlusSquare(sum2, TLanes.Load(values + 2 * LaneGroup.Size) - mean);
            sum3 = PlusSquare(sum3, TLanes.Load(values + 3 * LaneGroup.Size) - mean);
        }

        for (; index < count; index++, values += LaneGroup.Size)
            sum0 = PlusSquare(sum0, TLanes.Load(values) - mean);
        return (sum0 + sum1) + (sum2 + sum3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes PlusSquare<TLanes>(TLanes sum, TLanes distance)
        where TLanes : struct, ILanes<TLanes> => TLanes.MultiplyAdd(distance, distance, sum);
}
