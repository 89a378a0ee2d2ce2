using System.Text;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Tests.Strategies;

/// <summary>What a spec may ask of strategies.</summary>
public sealed class StrategySpecTests
{
    private static readonly StrategyRegistry Strategies = new(StrategyExtensions.All);

    private static readonly SpecReader Reader = new(new SpecTable([new NetworkRegistry(), new Partitioners(), new Engines(), Strategies]));

    [Fact]
    public void Every_strategy_can_be_named_alone() => Assert.All(
        StrategyExtensions.All, strategy => Assert.NotNull(Strategies.For(Read($$"""{"strategy":"{{strategy.Name}}","optimizer":"sgd"}"""), round: 1)));

    [Theory]
    [InlineData("""{"strategy":"best"}""", "strategy", "one of bulyan")]
    [InlineData("""{"strategy":{"name":"fedadam","rate":1}}""", "strategy.rate", "unknown option")]
    [InlineData("""{"strategy":{"name":"fedadam","tau":0}}""", "strategy.tau", "above 0")]
    [InlineData("""{"strategy":{"name":"fedadam","beta2":1}}""", "strategy.beta2", "below 1")]
    [InlineData("""{"strategy":{"name":"fedadam","biasCorrection":"adam"}}""", "strategy.biasCorrection", "none")]
    [InlineData("""{"strategy":{"name":"fedavgm","serverMomentum":1}}""", "strategy.serverMomentum", "below 1")]
    [InlineData("""{"strategy":{"name":"fedprox","mu":-1}}""", "strategy.mu", "0 to 1000")]
    [InlineData("""{"strategy":{"name":"qfedavg","q":-0.1}}""", "strategy.q", "0 to 10")]
    [InlineData("""{"strategy":{"name":"fedtrimmedavg","beta":0.5}}""", "strategy.beta", "0 to below 0.5")]
    [InlineData("""{"strategy":{"name":"fedtrimmedavg","beta":-0.1}}""", "strategy.beta", "0 to below 0.5")]
    [InlineData("""{"strategy":{"name":"centeredclipping","tau":0}}""", "strategy.tau", "above 0")]
    [InlineData("""{"strategy":"fednova"}""", "optimizer", "expected sgd")]
    [InlineData("""{"strategy":"qfedavg"}""", "strategy.clientLearningRate", "expected above 0 with optimizer adam")]
    [InlineData("""{"strategy":"scaffold"}""", "optimizer", "expected sgd")]
    [InlineData("""{"strategy":{"name":"scaffold","serverLearningRate":0},"optimizer":"sgd"}""", "strategy.serverLearningRate", "above 0")]
    [InlineData("""{"strategy":{"name":"scaffold","weights":"losses"},"optimizer":"sgd"}""", "strategy.weights", "uniform, examples")]
    [InlineData("""{"strategy":{"name":"krum","f":4}}""", "strategy", "needs 11 updates, a round has 10")]
    [InlineData("""{"strategy":{"name":"multikrum","f":1,"m":10}}""", "strategy.m", "expected at most 9")]
    [InlineData("""{"strategy":{"name":"multikrum","f":0,"m":11}}""", "strategy.m", "expected at most 10")]
    [InlineData("""{"strategy":{"name":"bulyan","f":2}}""", "strategy", "needs 11 updates, a round has 10")]
    [InlineData("""{"strategy":"krum","clients":10,"fractionFit":0.4}""", "strategy", "needs 5 updates, a round has 4")]
    [InlineData("""{"strategy":"multikrum","clients":5000}""", "strategy", "at most 4096")]
    [InlineData("""{"strategy":"bulyan","clients":1025}""", "strategy", "at most 1024")]
    public void What_a_strategy_can_not_do_is_refused_with_the_field_and_what_would_be_right(string spec, string field, string words)
    {
        var error = Assert.Single(Assert.Throws<InvalidSpecException>(() => Read(spec)).Errors);

        Assert.Equal(field, error.Field);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"strategy":{"name":"krum","f":3}}""")]
    [InlineData("""{"strategy":{"name":"bulyan","f":1}}""")]
    [InlineData("""{"strategy":{"name":"multikrum","f":1,"m":9}}""")]
    [InlineData("""{"strategy":"multikrum","clients":4096}""")]
    [InlineData("""{"strategy":"bulyan","clients":1024}""")]
    [InlineData("""{"strategy":"fedmedian","clients":100000}""")]
    [InlineData("""{"strategy":"fednova","optimizer":"sgd","momentum":0.9}""")]
    [InlineData("""{"strategy":{"name":"qfedavg","clientLearningRate":0.1}}""")]
    [InlineData("""{"strategy":{"name":"qfedavg","q":0}}""")]
    [InlineData("""{"strategy":"scaffold","optimizer":"sgd","momentum":0.9,"fractionFit":0.2}""")]
    public void What_it_can_do_is_not(string spec) => Assert.NotNull(Strategies.For(Read(spec), round: 1));

    private static FederationSpec Read(string json) => Reader.Read(Encoding.UTF8.GetBytes(json)).Spec;

    private sealed class Engines : ISpecAlternatives
    {
        public string Field => "engine";

        public IReadOnlyList<SpecAlternative> Alternatives => [new("lanes")];
    }
}
