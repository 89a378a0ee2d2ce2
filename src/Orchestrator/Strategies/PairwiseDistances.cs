using System.Numerics.Tensors;
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

    // At most so many parameters of two tiles' updates are widened once, 320 KiB that stay in a core's own cache, and each of one compared with each of the other.
    private const int Stretch = 1280;
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
        var stretches = (length + Stretch - 1) / Stretch;
        var stretch = (((length + stretches - 1) / stretches) + Lanes - 1) / Lanes * Lanes;
        var tiles = from later in Enumerable.Range(0, (updates + Tile - 1) / Tile)
                    from earlier in Enumerable.Range(0, later + 1)
                    select (later * Tile, earlier * Tile);
        Parallel.ForEach(
            tiles, new ParallelOptions { CancellationToken = cancellation }, () => new double[2 * Tile * Stretch],
            (tile, _, memory) =>
            {
                for (var from = 0; from < length; from += stretch)
                    Add(values, from, Math.Min(stretch, length - from), tile, memory);
                return memory;
            },
            _ => { });
    }

    private static long Place(long later, int earlier) => (later * (later - 1) / 2) + earlier;

    /// <summary>The pairs of one tile's updates with another's, or with each other, over a stretch.</summary>
    private void Add(ReadOnlyMemory<float>[] values, int from, int count, (int Later, int Earlier) first, Span<double> memory)
    {
        var whole = (count + Lanes - 1) / Lanes * Lanes;
        Span<double> laters = memory[..(Tile * Stretch)], earliers = first.Later == first.Earlier ? laters : memory[(Tile * Stretch)..];
        Widen(values, from, count, first.Later, laters);
        if (first.Later != first.Earlier)
            Widen(values, from, count, first.Earlier, earliers);
        var lastLater = Math.Min(first.Later + Tile, updates);
        Span<double> sums = stackalloc double[Together];
        for (var earlier = first.Earlier; earlier < Math.Min(first.Earlier + Tile, lastLater); earlier += Together)
        {
            var others = earliers.Slice((earlier - first.Earlier) * Stretch, Together * Stretch);
            for (var later = Math.Max(first.Later, earlier + 1); later < lastLater; later++)
            {
                SquaredDistances(laters.Slice((later - first.Later) * Stretch, whole), others, sums);
                for (var index = 0; index < Math.Min(Together, later - earlier); index++)
                    squares[Place(later, earlier + index)] += sums[index];
            }
        }
    }

    /// <summary>A tile's updates over a stretch, each at a place of its own, with zeros after what is no whole number of lanes: no two differ there.</summary>
    private void Widen(ReadOnlyMemory<float>[] values, int from, int count, int first, Span<double> to)
    {
        for (var update = first; update < Math.Min(first + Tile, updates); update++)
        {
            var row = to.Slice((update - first) * Stretch, Stretch);
            var own = values[update].Span.Slice(from, count);
            TensorPrimitives.ConvertTruncating<float, double>(own, row);
            row[own.Length..].Clear();
        }
    }

    /// <summary>
    /// One update's from four others, which lie one after another. Always in sixteen sums: the same bits on vectors of
    /// every width, and whichever the others are.
    /// </summary>
    private static void SquaredDistances(ReadOnlySpan<double> own, ReadOnlySpan<double> others, Span<double> sums)
    {
        const nuint half = Lanes / 2;
        Vector512<double> lowerOne = default, upperOne = default, lowerTwo = default, upperTwo = default;
        Vector512<double> lowerThree = default, upperThree = default, lowerFour = default, upperFour = default;
        ref var left = ref MemoryMarshal.GetReference(own);
        ref var one = ref MemoryMarshal.GetReference(others);
        ref var two = ref MemoryMarshal.GetReference(others[Stretch..]);
        ref var three = ref MemoryMarshal.GetReference(others[(2 * Stretch)..]);
        ref var four = ref MemoryMarshal.GetReference(others[(3 * Stretch)..]);
        for (nuint index = 0; index < (nuint)own.Length; index += Lanes)
        {
            var low = Vector512.LoadUnsafe(ref left, index);
            var high = Vector512.LoadUnsafe(ref left, index + half);
            var lower = low - Vector512.LoadUnsafe(ref one, index);
            var upper = high - Vector512.LoadUnsafe(ref one, index + half);
            lowerOne += lower * lower;
            upperOne += upper * upper;
            lower = low - Vector512.LoadUnsafe(ref two, index);
            upper = high - Vector512.LoadUnsafe(ref two, index + half);
            lowerTwo += lower * lower;
            upperTwo += upper * upper;
            lower = low - Vector512.LoadUnsafe(ref three, index);
            upper = high - Vector512.LoadUnsafe(ref three, index + half);
            lowerThree += lower * lower;
            upperThree += upper * upper;
            lower = low - Vector512.LoadUnsafe(ref four, index);
            upper = high - Vector512.LoadUnsafe(ref four, index + half);
            lowerFour += lower * lower;
            upperFour += upper * upper;
        }

        sums[0] = Sum(lowerOne, upperOne);
        sums[1] = Sum(lowerTwo, upperTwo);
        sums[2] = Sum(lowerThree, upperThree);
        sums[3] = Sum(lowerFour, upperFour);
    }

    /// <summary>Halves are added to halves, whatever the width of the machine's vectors.</summary>
    private static double Sum(Vector512<double> lower, Vector512<double> upper)
    {
        var eight = lower + upper;
        var four = eight.GetLower() + eight.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }
}
