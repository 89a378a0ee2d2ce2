using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>A matrix product: rows of scalars times columns of vectors, the columns a strip at a time.</summary>
/// <param name="sum">What is summed over.</param>
/// <param name="scalars">The first row's first scalar.</param>
/// <param name="rowStride">From a row's scalars to the next row's.</param>
/// <param name="columns">The first strip.</param>
/// <param name="strip">What a strip of columns is.</param>
/// <param name="strips">How many strips lie side by side.</param>
/// <param name="sums">Where the sums go.</param>
/// <param name="sumStrip">What a strip of sums is.</param>
/// <param name="isFirst">Whether the sums begin here; else they go on from what is there.</param>
internal readonly unsafe struct ProductKernel<TLanes>(
    TileSum<TLanes, Scalar<TLanes>> sum, float* scalars, nint rowStride,
    float* columns, Strip<TLanes> strip, int strips, Stored<TLanes> sums, Strip<TLanes> sumStrip, bool isFirst) : ITileKernel
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Run<TRows, TColumns>(int row, int column)
        where TRows : struct, ICount
        where TColumns : struct, ICount
    {
        for (nint place = 0; place < strips * Strip.Length; place += Strip.Length)
        {
            for (var pass = 0; pass < strip.Passes; pass++)
            {
                var sumPlace = place + pass * sumStrip.PassStep;
                var begun = isFirst ? default : Tile<TLanes, TRows, TColumns>.TakeFrom(sums, row, sumPlace);
                sum.Continue(begun, scalars + row * rowStride, columns + place + pass * strip.PassStep).PutInto(sums, row, sumPlace);
            }
        }
    }
}
