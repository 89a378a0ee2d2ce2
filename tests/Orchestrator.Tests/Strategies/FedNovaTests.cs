using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Rounds;

namespace FlDurable.Orchestrator.Tests.Strategies;

public sealed class FedNovaTests
{
    private static readonly float[] Global = [0.5f, -1];

    /// <summary>By hand: d = (−1, 1)/2 and (1, 1)/4, p = 1/4 and 3/4, Σ p τ = 3.5, so x − 3.5 (1/16, 5/16).</summary>
    [Fact]
    public void A_clients_change_counts_by_the_step()
    {
        var next = new StrategyRun(new FedNova(momentum: 0), 2).Round(
            Global, new Update(10, [1.5f, -2]) { Steps = 2 }, new Update(30, [-0.5f, -2]) { Steps = 4 });

        Assert.Equal(0.5 - (3.5 / 16), next[0], 1e-15);
        Assert.Equal(-1 - (3.5 * 5 / 16), next[1], 1e-15);
    }

    [Theory]
    [InlineData(2, 0.0, 2)]
    [InlineData(1, 0.9, 1)]
    [InlineData(2, 0.9, 2.9)]
    [InlineData(3, 0.9, 5.61)]
    [InlineData(5, 0.9, 13.1441)]
    [InlineData(3, 0.5, 4.25)]
    public void With_momentum_early_steps_count_for_more(int steps, double momentum, double norm) =>
        Assert.Equal(norm, LocalSteps.Norm(steps, momentum), 1e-12);

    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    public void With_equal_steps_it_is_FedAvg(double momentum)
    {
        Update[] updates = [new(10, [1.5f, -2]) { Steps = 7 }, new(30, [-0.25f, 3]) { Steps = 7 }];

        var nova = new StrategyRun(new FedNova(momentum), 2).Round(Global, updates);

        Assert.Equal(new StrategyRun(new FedAvg(), 2).Round(Global, updates), nova, (expected, actual) => Math.Abs(expected - actual) < 1e-14);
    }
}
