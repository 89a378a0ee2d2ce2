using System.Text;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests;

/// <summary>The largest messages that there can be: the longest id, the last rounds, leaves and subtrees of 64.</summary>
public sealed class MessageSizeTests
{
    private const int Round = 1_000_000;
    private static readonly string Id = new('x', ArtifactNames.MaxIdLength);

    [Fact]
    public void A_full_leaf_of_manifests_is_one_message() =>
        AssertIsOneMessage(Leaf(index => new CohortEnd(Reference(ArtifactNames.Cohort(Id, Round, 10, RoundPhase.Evaluate, 999_936 + index)), null)));

    [Fact]
    public void A_full_leaf_of_failures_is_one_message() =>
        AssertIsOneMessage(Leaf(_ => new CohortEnd(null, Reasons.Shorten(string.Concat(Enumerable.Repeat("\"\u0001é😀", 500)), CohortEnd.MaxFailureBytes))));

    [Fact]
    public void A_full_subtree_is_one_message() => AssertIsOneMessage(new MergeSubtreesInput(
        Reference(ArtifactNames.Spec(Id)), Round, 10, RoundPhase.Evaluate, new SelectionRange(0, 1_000_000),
        [.. Enumerable.Range(0, 64).Select(_ => Reference(ArtifactNames.Subtree(Id, Round, 10, RoundPhase.Evaluate, new SelectionRange(999_999, 999_999))))]));

    [Fact]
    public void A_rounds_input_and_outcome_are_one_message_each()
    {
        var additional = Enumerable.Range(0, 100).ToDictionary(index => $"{new string('é', 38)}{index:D2}", _ => -double.Epsilon);
        var metrics = Metrics.WeightedMean([(new Metrics(double.MaxValue, -double.Epsilon, additional), 1)])!;
        var global = Reference(ArtifactNames.GlobalParameters(Id, Round));
        var dataset = Reference(ArtifactNames.DatasetManifest(new string('0', 64)));
        var last = new RecordedRound(Round, dataset, global, new RoundMetrics(metrics, metrics, metrics));
        var sentBack = new SentBack(double.MaxValue, new string('é', 1000));
        AssertIsOneMessage(new RoundInput(Reference(ArtifactNames.Spec(Id)), FederationPlan.Of(new FederationSpec()), Round, 10, last, sentBack));
        AssertIsOneMessage(new RoundOutcome(last, null));
        AssertIsOneMessage(new RecordRoundInput(
            Reference(ArtifactNames.Spec(Id)), Round, global, metrics, global, global, 1, last.Metrics, sentBack.Reason));
        AssertIsOneMessage(new RecordRoundResult(global, metrics, metrics, [.. Enumerable.Repeat(new string('é', 300), 6)]));
        AssertIsOneMessage(RoundOutcome.Failed(new string('é', 100_000), canBeRetried: true));
    }

    private static AggregateLeafInput Leaf(Func<int, CohortEnd> end) => new(
        Reference(ArtifactNames.Spec(Id)), Round, 10, RoundPhase.Evaluate, 1, Reference(ArtifactNames.Selection(Id, Round)),
        Reference(ArtifactNames.GlobalParameters(Id, Round)), new SelectionRange(999_936, 64), [.. Enumerable.Range(0, 64).Select(end)]);

    private static ArtifactReference Reference(string name) => new(name, int.MaxValue, new string('f', 64));

    private static void AssertIsOneMessage<T>(T message) =>
        Assert.InRange(Encoding.UTF8.GetByteCount(ContractJson.Serialize(message)), 1, IOrchestrationContext.MaxMessageBytes);
}
