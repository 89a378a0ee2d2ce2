using CsCheck;
using FlDurable.Orchestrator.Strategies;

namespace FlDurable.Orchestrator.Tests.Strategies;

public sealed class QFedAvgTests
{
    private const double Lipschitz = 10;

    private static readonly float[] Global = [0.5f, -1];

    private static readonly Update[] Updates =
        [new(1000, [1.5f, -2]) { Loss = 2.5 }, new(1, [0.25f, -0.5f]) { Loss = 0.5 }, new(7, [0.5f, -1]) { Loss = 1e-3 }];

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(3.5)]
    public void It_is_the_papers_formula(double q)
    {
        double[] step = [0, 0];
        double all = 0;
        foreach (var update in Updates)
        {
            var loss = update.Loss + 1e-10;
            double[] change = [Lipschitz * (Global[0] - update.Parameters[0]), Lipschitz * (Global[1] - update.Parameters[1])];
            for (var index = 0; index < 2; index++)
                step[index] += Math.Pow(loss, q) * change[index];
            all += (q * Math.Pow(loss, q - 1) * change.Sum(value => value * value)) + (Lipschitz * Math.Pow(loss, q));
        }

        var next = new StrategyRun(new QFedAvg(q, Lipschitz), 2).Round(Global, Updates);

        Assert.Equal(Global[0] - (step[0] / all), next[0], 1e-13);
        Assert.Equal(Global[1] - (step[1] / all), next[1], 1e-13);
    }

    [Fact]
    public void With_q_zero_it_is_the_mean_without_weights()
    {
        var next = new StrategyRun(new QFedAvg(0, Lipschitz), 2).Round(Global, Updates);

        Assert.Equal((1.5 + 0.25 + 0.5) / 3, next[0], 1e-14);
        Assert.Equal((-2 - 0.5 - 1) / 3, next[1], 1e-14);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1e-7)]
    public void A_loss_of_nothing_is_no_infinite_weight(double loss)
    {
        var next = new StrategyRun(new QFedAvg(0.1, Lipschitz), 2).Round(Global, [.. Updates, new Update(1, [1, 1]) { Loss = loss }]);

        Assert.All(next, value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void Powers_are_those_of_the_platform_but_for_the_last_digits() =>
        Gen.Select(Gen.Double[-23, 10], Gen.Double[-5, 5]).Sample((exponent, power) =>
        {
            var x = Math.Exp(exponent);
            return Math.Abs((Power.Of(x, power) / Math.Pow(x, power)) - 1) < 1e-13;
        });

    [Theory]
    [InlineData(1e-10, 5)]
    [InlineData(1e39, 20)]
    [InlineData(1e39, -20)]
    [InlineData(1, 1e9)]
    [InlineData(double.Epsilon, 0.5)]
    public void Powers_end_where_those_of_the_platform_do(double x, double power)
    {
        var (expected, actual) = (Math.Pow(x, power), Power.Of(x, power));

        Assert.True(expected == actual || Math.Abs((actual / expected) - 1) < 1e-12, $"{actual} is not {expected}");
    }
}
