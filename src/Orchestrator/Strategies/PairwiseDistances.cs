using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Squared distances between all pairs of updates, of differences in double precision: with squares and products of the parameters
/// themselves, what is near would cancel.
/// </summary>
/// <param name="updates">How many updates there are.</param>
/// <param name="cancellation">Looked at between updates.</param>
internal sealed class PairwiseDistances(int updates, CancellationToken cancellation = default)
{
    private const int Lanes = 16;

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
        Parallel.For(1, updates, new ParallelOptions { CancellationToken = cancellation }, later =>
        {
            for (var earlier = 0; earlier < later; earlier++)
                squares[Place(later, earlier)] += SquaredDistance(values[later].Span, values[earlier].Span);
        });
    }

    private static long Place(long later, int earlier) => (later * (later - 1) / 2) + earlier;

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

        double sum = 0;
        for (var lane = 0; lane < Lanes / 2; lane++)
            sum += lower[lane] + upper[lane];
        for (var index = whole; index < one.Length; index++)
        {
            var difference = (double)one[index] - other[index];
            sum += difference * difference;
        }

        return sum;
    }
}
