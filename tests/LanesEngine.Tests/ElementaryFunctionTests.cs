using CsCheck;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine.Tests;

public sealed unsafe class ElementaryFunctionTests
{
    [Fact]
    public void The_exponential_is_within_two_units_in_the_last_place()
    {
        // Every 997th float from 0 to −87.
        for (var bits = BitConverter.SingleToInt32Bits(-0f); BitConverter.Int32BitsToSingle(bits) >= -87f; bits += 997)
        {
            var x = BitConverter.Int32BitsToSingle(bits);
            var expected = Math.Exp(x);
            var unit = MathF.BitIncrement((float)expected) - (float)expected;
            Assert.True(Math.Abs(Exponential16(x) - expected) <= 2 * unit, $"e^{x:R} is {expected:R}, not {Exponential16(x):R}");
        }
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(-88f, 0f)]
    [InlineData(float.MinValue, 0f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(float.NaN, float.NaN)]
    public void The_exponential_ends_as_it_should(float x, float expected) => Assert.Equal(expected, Exponential16(x));

    [Fact]
    public void The_logarithm_is_within_its_stated_error() =>
        Gen.OneOf(Gen.Double[1, 2], Gen.Double[1, 256], Gen.Double[1, double.MaxValue]).Sample(x =>
            Assert.Equal(Math.Log(x), Logarithm.Of(x), 4e-16 * Math.Max(1, Math.Log(x))), iter: 100_000);

    [Fact]
    public void The_logarithm_of_one_is_exactly_zero() => Assert.Equal(0, Logarithm.Of(1));

    [Fact]
    public void The_logarithm_of_what_is_not_finite_is_not_finite()
    {
        Assert.Equal(double.NaN, Logarithm.Of(double.NaN));
        Assert.Equal(double.PositiveInfinity, Logarithm.Of(double.PositiveInfinity));
    }

    private static float Exponential16(float x)
    {
        var lanes = stackalloc float[16];
        Exponential.OfNonPositive(Lanes16.Broadcast(x)).Store(lanes);
        return lanes[0];
    }
}
