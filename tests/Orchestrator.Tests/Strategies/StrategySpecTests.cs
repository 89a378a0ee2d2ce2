using FlDurable.Shared.Attacks;
using System.Text;
using FlDurable.Orchestrator.Selecting;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Tests.Strategies;

/// <summary>What a spec may ask of strategies.</summary>
public sealed class StrategySpecTests
{
    private static readonly StrategyRegistry Strategies = new(StrategyExtensions.All);

    private static readonly SpecReader Reader = new(new SpecTable([new NetworkRegistry(), new Partitioners(), new Engines(), new AttackRegistry(), new SelectionRegistry(), Strategies]));

    [Fact]
    public void Every_strategy_can_be_named_alone() => Assert.All(
        StrategyExtensions.All, strategy => Assert.NotNull(Strategies.For(Read($$"""{"strategy":"{{strategy.Name}}","optimizer":"sgd"}"""), round: 1)));

    /// <summary>As many pairs as a core compares in a minute: the more parameters, the fewer.</summary>
    [Theory]
    [InlineData("""{"strategy":"krum","clients":4015}""", null)]
    [InlineData("""{"strategy":"krum","clients":4016}""", "krum compares every update with every other, of cifar10-cnn with its 62,006 parameters at most 4,015, and a round has 4,016: expected a smaller fractionFit")]
    [InlineData("""{"strategy":"krum","clients":4096,"fractionFit":0.5}""", null)]
    [InlineData("""{"strategy":"multikrum","clients":681,"network":"fedavg-cnn"}""", "at most 680")]
    [InlineData("""{"strategy":"bulyan","clients":680,"network":"fedavg-cnn"}""", null)]
    [InlineData("""{"strategy":"fedmedian","clients":100000}""", null)]
    public void What_compares_every_update_with_every_other_bears_as_many_as_their_parameters_allow(string spec, string? because)
    {
        var read = Read(spec);
        var network = new NetworkRegistry().Get(read.Network).Usual;
        var exception = Record.Exception(() => Strategies.RefuseTooMuchWork(read, network));

        if (because is null)
            Assert.Null(exception);
        else
            Assert.Contains(because, Assert.Single(Assert.IsType<InvalidSpecException>(exception).Errors, error => error.Field == "strategy").Message, StringComparison.Ordinal);
    }

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
    [InlineData("""{"privacy":{"clip":1}}""", "privacy", "expected noiseMultiplier")]
    [InlineData("""{"privacy":{"noiseMultiplier":1}}""", "privacy.clip", "largest norm")]
    [InlineData("""{"privacy":{"noiseMultiplier":-1,"clip":1}}""", "privacy.noiseMultiplier", "0 to")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":0}}""", "privacy.clip", "above 0")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1,"delta":0}}""", "privacy.delta", "above 0 to below 1")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1,"delta":1}}""", "privacy.delta", "above 0 to below 1")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1,"epsilon":1}}""", "privacy.epsilon", "unknown option")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1,"at":"home"}}""", "privacy.at", "server, client")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clipping":"adaptive"}}""", "privacy", "below 1 with adaptive clipping")]
    [InlineData("""{"privacy":{"noiseMultiplier":0.5,"clipping":"adaptive","at":"client"}}""", "privacy.clipping", "expected fixed")]
    [InlineData("""{"privacy":{"noiseMultiplier":0,"clip":1,"maxEpsilon":1}}""", "privacy.maxEpsilon", "spends all at once")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1,"maxEpsilon":1}}""", "privacy", "the first round comes to")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1},"minFitClients":2}""", "privacy", "minFitClients 1, not 2")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1},"selection":"speed"}""", "privacy", "selection uniform, not speed")]
    [InlineData("""{"selection":"fastest"}""", "selection", "one of examples, roundrobin, speed, uniform")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1},"overSelection":1.5}""", "privacy", "overSelection 1, not 1.5")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1},"quorum":3}""", "privacy", "expected no quorum")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1,"at":"client"},"maxUpdateNorm":3}""", "privacy", "no maxUpdateNorm")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1},"strategy":"fedmedian"}""", "privacy", "more of the updates than a mean")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1},"strategy":"qfedavg","optimizer":"sgd"}""", "privacy", "more of the updates than a mean")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1},"strategy":"scaffold","optimizer":"sgd"}""", "privacy", "more of the updates than a mean")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1,"at":"client"},"strategy":"scaffold","optimizer":"sgd"}""", "privacy", "more than their update")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1,"at":"client"},"strategy":"qfedavg","optimizer":"sgd"}""", "privacy", "more than their update")]
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
    [InlineData("""{"privacy":{"noiseMultiplier":0.9,"clipping":"adaptive"}}""")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clipping":"adaptive"},"clients":11}""")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1,"maxEpsilon":6},"strategy":"fedadam","fractionFit":0.5}""")]
    [InlineData("""{"privacy":{"noiseMultiplier":1,"clip":1,"at":"client"},"strategy":"fedmedian"}""")]
    public void What_it_can_do_is_not(string spec) => Assert.NotNull(Strategies.For(Read(spec), round: 1));

    private static FederationSpec Read(string json) => Reader.Read(Encoding.UTF8.GetBytes(json)).Spec;

    private sealed class Engines : ISpecAlternatives
    {
        public string Field => "engine";

        public IReadOnlyList<SpecAlternative> Alternatives => [new("lanes")];
    }
}
