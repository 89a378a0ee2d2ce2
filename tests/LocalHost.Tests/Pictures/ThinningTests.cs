using CsCheck;
using FlDurable.LocalHost.Pictures;

namespace FlDurable.LocalHost.Tests.Pictures;

public sealed class ThinningTests
{
    private static readonly Gen<CurvePoint[]> Curves = Gen.Double[-10, 10].Array[0, 2_000].Select(values => values.Select((value, index) => new CurvePoint(index, value)).ToArray());

    [Fact]
    public void A_spike_of_one_round_stays() => Gen.Int[1, 9_998].Sample(at =>
    {
        var curve = Enumerable.Range(0, 10_000).Select(round => new CurvePoint(round, round == at ? 9 : Math.Sin(round / 500.0))).ToArray();

        var thin = Thinning.Thin(curve);

        Assert.InRange(thin.Count, 400, Thinning.Most);
        Assert.Contains(new CurvePoint(at, 9), thin);
    });

    [Fact]
    public void What_is_kept_is_in_order_with_the_first_point_the_last_the_least_and_the_greatest() => Gen.Select(Curves, Gen.Int[4, 600]).Sample((curve, most) =>
    {
        var thin = Thinning.Thin(curve, most);

        Assert.InRange(thin.Count, 0, Math.Max(most, 0));
        Assert.Equal(thin.OrderBy(point => point.X), thin);
        Assert.All(thin, point => Assert.Contains(point, curve));
        if (curve.Length == 0)
            return;
        Assert.Equal((curve[0], curve[^1]), (thin[0], thin[^1]));
        Assert.Equal((curve.Min(point => point.Y), curve.Max(point => point.Y)), (thin.Min(point => point.Y), thin.Max(point => point.Y)));
    });

    [Fact]
    public void A_curve_of_few_points_is_left_as_it_is()
    {
        CurvePoint[] curve = [new(0, 1), new(1, double.NaN), new(2, 3)];

        Assert.Same(curve, Thinning.Thin(curve));
    }

    [Fact]
    public void What_is_no_number_hides_no_number()
    {
        var curve = Enumerable.Range(0, 10_000).Select(round => new CurvePoint(round, round % 2 == 0 ? double.NaN : round % 4 == 1 ? round : double.PositiveInfinity)).ToArray();

        Assert.All(Thinning.Thin(curve).Skip(1).SkipLast(1), point => Assert.True(double.IsFinite(point.Y)));
    }
}
