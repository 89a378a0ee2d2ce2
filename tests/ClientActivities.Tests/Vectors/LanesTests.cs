using FlDurable.ClientActivities.Vectors;

namespace FlDurable.ClientActivities.Tests.Vectors;

public sealed unsafe class LanesTests
{
    private static readonly float Least = float.ScaleB(1, -126);

    public static readonly TheoryData<float, float> Values = new()
    {
        { 0, 0 },
        { float.Epsilon, 0 },
        { -float.Epsilon, 0 },
        { float.BitDecrement(Least), 0 },
        { float.BitIncrement(-Least), 0 },
        { Least, Least },
        { -Least, -Least },
        { 1, 1 },
        { -1, -1 },
        { float.PositiveInfinity, float.PositiveInfinity },
        { float.NegativeInfinity, float.NegativeInfinity },
        { float.NaN, float.NaN },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void What_is_below_the_least_is_zero_and_everything_else_as_it_is(float value, float expected)
    {
        Check<Lanes16>();
        Check<Lanes8>();

        void Check<TLanes>()
            where TLanes : struct, ILanes<TLanes>
        {
            var lanes = stackalloc float[TLanes.Count];
            TLanes.ZeroBelow(TLanes.Broadcast(Least), TLanes.Broadcast(value)).Store(lanes);
            Assert.All(new Span<float>(lanes, TLanes.Count).ToArray(), lane => Assert.Equal(expected, lane));
        }
    }
}
