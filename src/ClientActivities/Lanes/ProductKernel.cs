using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>A matrix product: rows of scalars times columns of vectors, the columns a strip at a time.</summary>
/// <param name="sum">What is summed over.</param>
/// <param name="scalars">The first row's first scalar.</param>
/// <param name="rowStride">From a row's scalars to the next row's.</param>
/// <param name="columns">The first strip.</param>
/// <param name="strips">How many strips lie side by side.</param>
/// <param name="sink">What becomes of the sums.</param>
internal readonly unsafe struct ProductKernel<TLanes, TSink>(
    TileSum<TLanes, Scalar<TLanes>> sum, float* scalars, nint rowStride, float* columns, int strips, TSink sink) : ITileKernel
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
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                sum.From<TRows, TColumns>(scalars + row * rowStride, columns + place + lane).PutInto(sink, row, place + lane);
        }
    }
}
