using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Squared distances between all pairs of updates, of differences in double precision: with squares and products of the parameters
/// themselves, what is near would cancel.
/// </summary>
/// <param name="updates">How many updates there are.</param>
/// <param name="cancellation">Looked at between tiles.</param>
internal sealed class PairwiseDistances(int updates, CancellationToken cancellation = default)
{
    private const int Lanes = 16;

    // So many parameters of two tiles' updates, 128 KiB, stay in a core's own cache while each of one is compared with each of the other.
    private const int Stretch = 1024;
    private const int Tile = 16;
    private const int Together = 4;

    // One half of the square: the pairs with an earlier update, update after update.
    private readonly double[] squares = new double[(long)updates * (updates - 1) / 2];

    /// <summary>The squared distance between two updates.</summary>
    public double this[int one, int other] => one == other ? 0 : squares[Place(Math.Max(one, other), Math.Min(one, other))];

    /// <summary>
    /// Adds what there is between all pairs in a range, on all processors: each pair is one thread's, whose sums are the same whoever adds them.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Add(UpdateBlock block)
    {
        var values = new ReadOnlyMemory<float>[updates];
        for (var update = 0; update < updates; update++)
            values[update] = block.Values(update);
        var length = block.Length;
        var tiles = (from later in Enumerable.Range(0, (updates + Tile - 1) / Tile)
                     from earlier in Enumerable.Range(0, later + 1)
                     select (later * Tile, earlier * Tile)).ToList();
        Parallel.ForEach(tiles, new ParallelOptions { CancellationToken = cancellation }, tile => Add(values, length, tile));
    }

    private static long Place(long later, int earlier) => (later * (later - 1) / 2) + earlier;

    /// <summary>The pairs of one tile's updates with another's, or with each other.</summary>
    private void Add(ReadOnlyMemory<float>[] values, int length, (int Later, int Earlier) first)
    {
        Span<double> sums = stackalloc double[Together];
        for (var from = 0; from < length; from += Stretch)
        {
            var count = Math.Min(Stretch, length - from);
            for (var later = first.Later; later < Math.Min(first.Later + Tile, updates); later++)
            {
                var own = values[later].Span.Slice(from, count);
                var last = Math.Min(first.Earlier + Tile, later);
                var earlier = first.Earlier;
                for (; earlier <= last - Together; earlier += Together)
                {
                    SquaredDistances(own, Of(earlier), Of(earlier + 1), Of(earlier + 2), Of(earlier + 3), sums);
                    for (var index = 0; index < Together; index++)
                        squares[Place(later, earlier + index)] += sums[index];
                }

                for (; earlier < last; earlier++)
                    squares[Place(later, earlier)] += SquaredDistance(own, Of(earlier));
            }

            ReadOnlySpan<float> Of(int update) => values[update].Span.Slice(from, count);
        }
    }

    /// <summary>One update's from four others, each as <see cref="SquaredDistance"/> has it.</summary>
    private static void SquaredDistances(
        ReadOnlySpan<float> own, ReadOnlySpan<float> first, ReadOnlySpan<float> second, ReadOnlySpan<float> third, ReadOnlySpan<float> fourth, Span<double> sums)
    {
        Vector512<double> lowerOne = default, upperOne = default, lowerTwo = default, upperTwo = default;
        Vector512<double> lowerThree = default, upperThree = default, lowerFour = default, upperFour = default;
        var whole = own.Length / Lanes * Lanes;
        ref var left = ref MemoryMarshal.GetReference(own);
        ref var one = ref MemoryMarshal.GetReference(first);
        ref var two = ref MemoryMarshal.GetReference(second);
        ref var three = ref MemoryMarshal.GetReference(third);
        ref var four = ref MemoryMarshal.GetReference(fourth);
        for (var index = 0; index < whole; index += Lanes)
        {
            var (low, high) = Vector512.Widen(Vector512.LoadUnsafe(ref left, (nuint)index));
            var (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref one, (nuint)index));
            lower = low - lower;
            upper = high - upper;
            lowerOne += lower * lower;
            upperOne += upper * upper;
            (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref two, (nuint)index));
            lower = low - lower;
            upper = high - upper;
            lowerTwo += lower * lower;
            upperTwo += upper * upper;
            (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref three, (nuint)index));
            lower = low - lower;
            upper = high - upper;
            lowerThree += lower * lower;
            upperThree += upper * upper;
            (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref four, (nuint)index));
            lower = low - lower;
            upper = high - upper;
            lowerFour += lower * lower;
            upperFour += upper * upper;
        }

        sums[0] = Sum(lowerOne, upperOne, own[whole..], first[whole..]);
        sums[1] = Sum(lowerTwo, upperTwo, own[whole..], second[whole..]);
        sums[2] = Sum(lowerThree, upperThree, own[whole..], third[whole..]);
        sums[3] = Sum(lowerFour, upperFour, own[whole..], fourth[whole..]);
    }

    /// <summary>Always in sixteen sums, which are added in order: the same bits on vectors of every width.</summary>
    private static double SquaredDistance(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        Vector512<double> lower = default, upper = default;
        var whole = one.Length / Lanes * Lanes;
        ref var left = ref MemoryMarshal.GetReference(one);
        ref var right = ref MemoryMarshal.GetReference(other);
        for (var index = 0; index < whole; index += Lanes)
        {
            var (leftLower, leftUpper) = Vector512.Widen(Vector512.LoadUnsafe(ref left, (nuint)index));
            var (rightLower, rightUpper) = Vector512.Widen(Vector512.LoadUnsafe(ref right, (nuint)index));
            var (differenceLower, differenceUpper) = (leftLower - rightLower, leftUpper - rightUpper);
            lower += differenceLower * differenceLower;
            upper += differenceUpper * differenceUpper;
        }

        return Sum(lower, upper, one[whole..], other[whole..]);
    }

    /// <summary>The sixteen sums, and what is left over from them, in order.</summary>
    private static double Sum(Vector512<double> lower, Vector512<double> upper, ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        double sum = 0;
        for (var lane = 0; lane < Lanes / 2; lane++)
            sum += lower[lane] + upper[lane];
        for (var index = 0; index < one.Length; index++)
        {
            var difference = (double)one[index] - other[index];
            sum += difference * difference;
        }

        return sum;
    }
}
