using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.ServerActivities;

public sealed class RoundEventsTests
{
    private static readonly Metrics Good = new(1, 0.6);
    private static readonly RoundMetrics Before = new(null, null, Good);

    [Fact]
    public void A_round_in_which_all_is_well_has_none() => Assert.Empty(Of(new RoundMetrics(Good, Good, Good)));

    [Fact]
    public void A_loss_of_more_than_ten_times_that_of_guessing_has_diverged()
    {
        Assert.Empty(Of(Central(23.025, 0.1), before: null));
        Assert.Equal(
            ["diverged: the central loss is 23.03, more than 10 times that of guessing, ln 10 = 2.303; a smaller learningRate may help"],
            Of(Central(23.03, 0.1), before: null));
        Assert.StartsWith("diverged: the central loss is 7E+11", Of(Central(7e11, 0.1), before: null)[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_doubt_of_the_server_is_a_divergence_which_is_named_once()
    {
        Assert.Equal(["diverged: it is doubtful; a smaller learningRate may help"], Of(new RoundMetrics(Good, Good, null), doubtful: "it is doubtful"));
        Assert.StartsWith("diverged: the central loss", Assert.Single(Of(Central(1e9, 0.1), doubtful: "it is doubtful")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_measure_that_there_is_decides()
    {
        var bad = new Metrics(1e9, 0.1);

        Assert.Empty(Of(new RoundMetrics(bad, bad, Good)));
        Assert.StartsWith("diverged: the federated loss", Of(new RoundMetrics(Good, bad, null))[0], StringComparison.Ordinal);
        Assert.StartsWith("diverged: the training loss", Of(new RoundMetrics(bad, null, null))[0], StringComparison.Ordinal);
        Assert.Empty(Of(new RoundMetrics(null, null, null)));
    }

    [Theory]
    [InlineData(0.325, 0.145, true)]
    [InlineData(0.3249, 0.10, false)]
    [InlineData(0.60, 0.1451, false)]
    [InlineData(0.60, 0.0, true)]
    public void An_accuracy_that_falls_back_to_guessing_has_collapsed(double before, double now, bool has) => Assert.Equal(
        has ? [FormattableString.Invariant($"collapsed: the central accuracy fell from {before:F4} to {now:F4}, that of guessing among 10 classes")] : [],
        Of(Central(2.3, now), Central(1, before)));

    [Fact]
    public void A_round_that_was_sent_back_says_so() =>
        Assert.Equal(["sent back: somebody lied"], Of(new RoundMetrics(Good, Good, Good), sentBack: "somebody lied"));

    [Fact]
    public void A_round_that_nobody_could_evaluate_says_so()
    {
        var failed = new ClientOutcome("client-3", 0, 0, Failure: new ClientFailure("client-3", "EvaluateClient", "disk full"));

        Assert.Equal(["not evaluated: all 2 evaluations failed; client-3: disk full"], Of(Before, evaluated: [failed, failed]));
        Assert.Empty(Of(Before, evaluated: [failed, new ClientOutcome("client-4", 1, 0, Good)]));
    }

    [Theory]
    [InlineData("fractionFit 0.3 minFitClients 8", "overruled: minFitClients 8 counts for more than fractionFit 0.3: 8 of 10 clients train in a round, not 3")]
    [InlineData("fractionFit 0.3 minFitClients 3", null)]
    [InlineData("fractionFit 0.01 minFitClients 1", null)]
    [InlineData("fractionEvaluate 0.2 minEvaluateClients 5", "overruled: minEvaluateClients 5 counts for more than fractionEvaluate 0.2: 5 of 10 clients evaluate in a round, not 2")]
    [InlineData("fractionEvaluate 0 minEvaluateClients 5", null)]
    [InlineData("clients 4", null)]
    public void A_minimum_that_overrules_a_fraction_is_said_in_round_0(string fields, string? expected)
    {
        var words = fields.Split(' ');
        var json = string.Join(',', words.Chunk(2).Select(field => $"\"{field[0]}\":{field[1]}"));
        var spec = ContractJson.Deserialize<FederationSpec>($"{{{json}}}");

        Assert.Equal(expected is null ? [] : [expected], Of(Before, spec: spec, round: 0));
        Assert.Empty(Of(Before, spec: spec, round: 1));
    }

    [Fact]
    public void A_network_of_one_class_can_not_guess() => Assert.Empty(Of(Central(1e9, 1), classes: 1));

    [Fact]
    public void An_event_is_bounded() => Assert.InRange(Of(Before, sentBack: new string('é', 5000))[0].Length, 1, 600);

    private static RoundMetrics Central(double loss, double accuracy) => new(null, null, new Metrics(loss, accuracy));

    private static IReadOnlyList<string> Of(
        RoundMetrics metrics, RoundMetrics? before = null, string? sentBack = null, IReadOnlyList<ClientOutcome>? evaluated = null,
        FederationSpec? spec = null, int round = 1, int classes = 10, string? doubtful = null)
    {
        var nothing = new ArtifactReference("nothing", 0, "");
        var summary = new PhaseSummary();
        foreach (var outcome in evaluated ?? [])
            summary.Add(outcome);
        return RoundEvents.Of(
            spec ?? new FederationSpec(), classes, new RecordRoundInput(nothing, round, nothing, null, null, null, 1, before, sentBack, Doubtful: doubtful), metrics,
            summary);
    }
}
