using CsCheck;
using FlDurable.Shared.Parameters;

namespace FlDurable.Shared.Tests.Parameters;

public sealed class UpdateCheckTests
{
    [Fact]
    public void The_norm_is_the_distance_whatever_the_length() =>
        Gen.Select(Gen.Float[-100, 100], Gen.Float[-100, 100]).Array[1, 70].Sample(pairs =>
        {
            var (global, update) = (Of([.. pairs.Select(pair => pair.Item1)]), Of([.. pairs.Select(pair => pair.Item2)]));
            var expected = Math.Sqrt(pairs.Sum(pair => ((double)pair.Item2 - pair.Item1) * ((double)pair.Item2 - pair.Item1)));

            Assert.Null(new UpdateCheck(global, maxNorm: null).FindProblem(update, out var norm));
            Assert.Equal(expected, norm, tolerance: 1e-9 * (1 + expected));
        });

    [Fact]
    public void The_norm_has_the_bits_of_eight_sums_on_every_machine()
    {
        float[] values = [.. Enumerable.Range(1, 19).Select(value => 1f / value)];
        var sums = new double[8];
        for (var index = 0; index < 16; index++)
            sums[index % 8] += (double)values[index] * values[index];
        double expected = 0;
        for (var lane = 0; lane < 4; lane++)
            expected += sums[lane] + sums[lane + 4];
        foreach (var value in values[16..])
            expected += (double)value * value;

        new UpdateCheck(Of(new float[19]), maxNorm: null).FindProblem(Of(values), out var norm);

        Assert.Equal(BitConverter.DoubleToInt64Bits(Math.Sqrt(expected)), BitConverter.DoubleToInt64Bits(norm));
    }

    [Fact]
    public void An_update_at_the_limit_may_enter_and_one_past_it_not()
    {
        var (global, update) = (Of([1, 1]), Of([4, 5]));

        Assert.Null(new UpdateCheck(global, maxNorm: 5).FindProblem(update, out _));
        Assert.Equal(
            "its distance from the global parameters is 5, at most 4.999 is allowed", new UpdateCheck(global, maxNorm: 4.999).FindProblem(update, out _));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_parameter_that_is_not_finite_may_not(float value)
    {
        Assert.Equal("a parameter is infinite or not a number", new UpdateCheck(Of([1, 1]), maxNorm: null).FindProblem(Of([1, value]), out var norm));
        Assert.Equal(double.NaN, norm);
    }

    private static ModelParameters Of(float[] values) => new(new ParameterLayout([("x", [values.Length])]), values);
}
