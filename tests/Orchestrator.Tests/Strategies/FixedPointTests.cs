using CsCheck;
using FlDurable.Orchestrator.Strategies;

namespace FlDurable.Orchestrator.Tests.Strategies;

/// <summary>What holds of strategies that sum, whatever the clients send.</summary>
public sealed class FixedPointTests
{
    private static readonly Gen<(float[] Global, Update[] Updates)> Rounds = Gen.Select(
        Gen.Float[-1, 1].Array[3],
        Gen.Select(Gen.Long[1, 5000], Gen.Float[-1, 1].Array[3], (examples, values) => new Update(examples, values) { Loss = 1.5, Steps = 3 }).Array[1, 8]);

    [Fact]
    public void Without_momentum_FedAvgM_is_FedAvg_to_the_bit() => Rounds.Sample((global, updates) =>
    {
        var (average, momentum) = (new StrategyRun(new FedAvg(), 3), new StrategyRun(new FedAvgM(rate: 1, momentum: 0), 3));
        return Enumerable.Range(0, 3).All(_ => average.Round(global, updates).SequenceEqual(momentum.Round(global, updates)));
    });

    [Theory]
    [InlineData(0, true)]
    [InlineData(0.01, false)]
    public void FedProx_is_FedAvg_on_the_server_and_with_mu_zero_on_the_clients_too(double mu, bool isFedAvg)
    {
        Assert.Equal(isFedAvg, new FedProx(mu).Plan is null);
        Rounds.Sample((global, updates) => new StrategyRun(new FedAvg(), 3).Round(global, updates).SequenceEqual(new StrategyRun(new FedProx(mu), 3).Round(global, updates)));
    }

    [Fact]
    public void Clients_that_have_changed_nothing_change_nothing() => Gen.Float[-1, 1].Array[3].Sample(global =>
        new IAggregation[]
        {
            new FedAvg(), new FedAvgM(1, 0.9), new FedAvgM(0.3, 0.9), new FedAdam(0.1, 0.9, 0.99, 1e-3, 0, isCorrected: true), new FedYogi(0.01, 0.9, 0.99, 1e-3, 0),
            new FedAdagrad(0.1, 1e-3, 0), new FedProx(0.1), new FedNova(0.9), new QFedAvg(0.1, 1000),
        }.All(strategy => new StrategyRun(strategy, 3)
            .Round(global, new Update(7, global) { Loss = 2, Steps = 3 }, new Update(1234, global) { Loss = 1, Steps = 5 })
            .Zip(global).All(pair => (float)pair.First == pair.Second)));
}
