using CsCheck;
using FlDurable.Orchestrator.Aggregation;
using FlDurable.Shared.Parameters;

namespace FlDurable.Orchestrator.Tests.Aggregation;

public sealed class UpdateSumTests
{
    /// <summary>More numbers than vectors hold, and fewer; one sum, and several.</summary>
    [Fact]
    public void Updates_that_are_added_together_come_to_what_they_come_to_one_after_another() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 3], Gen.Int[0, 1000]).Sample((length, count, seed) =>
        {
            var random = new Random(seed);
            var layout = new ParameterLayout([("x", [length])]);
            var updates = Enumerable.Range(0, UpdateSum.Together).Select(_ => new ModelParameters(layout, Values(length))).ToList();
            var weights = Enumerable.Range(0, UpdateSum.Together * count).Select(_ => random.NextDouble() * 1e3).ToArray();
            var (together, inTurn) = (new UpdateSum(layout, count), new UpdateSum(layout, count));
            for (var time = 0; time < 2; time++)
            {
                together.Add(updates, weights);
                for (var update = 0; update < updates.Count; update++)
                    inTurn.Add(updates[update], weights.AsSpan(update * count, count));
            }

            var expected = new double[count * length];
            for (var time = 0; time < 2; time++)
            {
                for (var index = 0; index < expected.Length; index++)
                {
                    for (var update = 0; update < updates.Count; update++)
                        expected[index] += weights[(update * count) + (index / length)] * updates[update].Values[index % length];
                }
            }

            Assert.Equal(expected, UpdateSum.Read(inTurn.ToSafetensors(), layout, count));
            Assert.Equal(inTurn.ToSafetensors(), together.ToSafetensors());

            float[] Values(int many) => [.. Enumerable.Range(0, many).Select(_ => (random.NextSingle() - 0.5f) * 1e6f)];
        });
}
