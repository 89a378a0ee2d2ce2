using CsCheck;
using FlDurable.Orchestrator.Strategies;

namespace FlDurable.Orchestrator.Tests.Strategies;

public sealed class PairwiseDistancesTests
{
    /// <summary>Fewer updates than are compared together and more than a tile has; parameters of less than a vector and more than a stretch.</summary>
    [Fact]
    public void Every_pair_has_the_distance_that_it_has_alone() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 2_100], Gen.Int[0, 1000]).Sample(
            (updates, length, seed) =>
            {
                var random = new Random(seed);
                var values = new float[updates * length];
                foreach (ref var value in values.AsSpan())
                    value = random.NextSingle() - 0.5f;
                var distances = new PairwiseDistances(updates);
                distances.Add(new UpdateBlock(0, new float[length], values));
                var alone = new PairwiseDistances(2);
                var (one, other) = (random.Next(updates), random.Next(updates));
                alone.Add(new UpdateBlock(0, new float[length], (float[])[.. values[(one * length)..((one + 1) * length)], .. values[(other * length)..((other + 1) * length)]]));

                Assert.Equal(BitConverter.DoubleToInt64Bits(alone[0, 1]), BitConverter.DoubleToInt64Bits(distances[one, other]));
                for (var first = 0; first < updates; first++)
                {
                    for (var second = 0; second < updates; second++)
                        Assert.Equal(Expected(first, second), distances[first, second], 1e-9 * length);
                }

                double Expected(int first, int second) => Enumerable.Range(0, length).Sum(
                    index => Math.Pow((double)values[(first * length) + index] - values[(second * length) + index], 2));
            },
            iter: 30);
}
