using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>A matrix product: rows of scalars times columns of vectors, the columns a strip at a time.</summary>
/// <param name="sum">What is summed over.</param>
/// <param name="scalars">The first row's first scalar.</param>
/// <param name="rowStride">From a row's scalars to the next row's.</param>
/// <param name="columns">The first strip.</param>
/// <param name="strip">What a strip of columns is.</param>
/// <param name="strips">How many strips lie side by side.</param>
/// <param name="sink">What becomes of the sums.</param>
/// <param name="sinkStrip">What a strip of sums is.</param>
internal readonly unsafe struct ProductKernel<TLanes, TSink>(
    TileSum<TLanes, Scalar<TLanes>> sum, float* scalars, nint rowStride,
    float* columns, Strip<TLanes> strip, int strips, TSink sink, Strip<TLanes> sinkStrip) : ITileKernel
    where TLanes : struct, ILanes<TLanes>
    where TSink : struct, ISumSink<TLanes>
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
                sum.From<TRows, TColumns>(scalars + row * rowStride, columns + place + pass * strip.PassStep)
                    .PutInto(sink, row, place + pass * sinkStrip.PassStep);
            }
        }
    }
}
