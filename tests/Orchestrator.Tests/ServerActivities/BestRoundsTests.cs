using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.ServerActivities;

public sealed class BestRoundsTests
{
    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    [Fact]
    public void The_best_round_is_the_first_with_the_best_value()
    {
        Assert.Equal([0, 1, 1, 1, 4], Best("centralAccuracy", 0.1, 0.5, 0.3, 0.5, 0.6).Select(best => best!.Round));
        Assert.Equal([0, 1, 2, 2, 2], Best("centralLoss", 3, 2, 1, 1, 1.5).Select(best => best!.Round));
        Assert.Equal([null, 1, 1], Best("fitLoss", null, 2, null).Select(best => best?.Round));
    }

    [Fact]
    public void Each_measure_that_is_looked_at_has_a_best_round()
    {
        var spec = new FederationSpec { KeepBest = "centralLoss", StopWhen = new StopRule("centralAccuracy", Patience: 3) };

        var best = BestRounds.With(spec, 1, Central(1, 0.5), BestRounds.With(spec, 0, Central(0.9, 0.1), before: null));

        Assert.Equal([new("centralLoss", 0, 0.9), new("centralAccuracy", 1, 0.5)], best);
        Assert.Null(BestRounds.With(new FederationSpec(), 1, Central(1, 0.5), before: null));
    }

    [Theory]
    [InlineData("centralAccuracy", 2, null, new[] { 0.1, 0.5, 0.3, 0.5, 0.6 }, 3, "centralAccuracy was not better for 2 rounds than the 0.5000 of round 1")]
    [InlineData("centralAccuracy", 1, null, new[] { 0.1, 0.5, 0.3 }, 2, "centralAccuracy was not better for a round than the 0.5000 of round 1")]
    [InlineData("centralLoss", 2, null, new[] { 3, 2, 2.5, 1, 1.5, 1 }, 5, "centralLoss was not better for 2 rounds than the 1.0000 of round 3")]
    [InlineData("centralAccuracy", null, 0.5, new[] { 0.1, 0.4, 0.5, 0.6 }, 2, "centralAccuracy is 0.5000, which reaches 0.5")]
    [InlineData("centralLoss", null, 1.5, new[] { 3, 2, 1.25 }, 2, "centralLoss is 1.2500, which reaches 1.5")]
    [InlineData("centralAccuracy", 5, 0.5, new[] { 0.7 }, 0, "centralAccuracy is 0.7000, which reaches 0.5")]
    [InlineData("centralAccuracy", 3, 0.9, new[] { 0.1, 0.2, 0.3, 0.4 }, null, null)]
    public void A_federation_stops_after_the_round_that_says_so(string metric, int? patience, double? reaches, double[] values, int? stops, string? why)
    {
        var spec = new FederationSpec { Rounds = 100, StopWhen = new StopRule(metric, patience, reaches) };
        IReadOnlyList<BestRound>? best = null;
        var reasons = values.Select((value, round) =>
        {
            var metrics = Measured(metric, value);
            best = BestRounds.With(spec, round, metrics, best);
            return BestRounds.WhyStop(spec, round, metrics, best);
        }).ToList();

        Assert.Equal(stops ?? -1, reasons.FindIndex(reason => reason is not null));
        Assert.Equal(why, reasons.OfType<string>().FirstOrDefault());
    }

    [Fact]
    public void The_last_round_stops_nothing_and_what_is_never_measured_does()
    {
        var spec = new FederationSpec { Rounds = 2, StopWhen = new StopRule("evaluateLoss", Patience: 1) };

        Assert.Equal("evaluateLoss was not measured for a round", BestRounds.WhyStop(spec, 1, Central(1, 1), best: null));
        Assert.Null(BestRounds.WhyStop(spec, 2, Central(1, 1), best: null));
    }

    [Fact]
    public async Task A_record_has_the_plan_of_its_round_and_the_best_so_far_and_says_why_it_is_the_last()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec
        {
            LearningRate = Schedule.ByRound(0.5, 0.25),
            Epochs = Schedule.ByRound(1, 1, 3),
            KeepBest = "centralLoss",
            StopWhen = new StopRule("centralAccuracy", Reaches: 0.5),
        });
        var input = new RecordRoundInput(
            federation.SpecReference, 3, await federation.InitializeAsync(), new Metrics(2, 0.5), null, null, Seconds: 1, BestBefore: [new("centralLoss", 1, 1.5)]);
        var recordRound = new RecordRound(federation.Store, federation.Networks, federation.Strategies);

        var result = await recordRound.RunAsync(input, Cancel);
        var again = await recordRound.RunAsync(input with { BestBefore = null }, Cancel);

        var record = (await federation.Store.FindJsonAsync<RoundRecord>(ArtifactNames.Record("fed", 3), Cancel))!;
        Assert.Equal(new TrainingPlan(3, 32, "adam", 0.25, 0, 0), record.Plan);
        Assert.Equal([new("centralLoss", 1, 1.5), new("centralAccuracy", 3, 0.5)], record.Best);
        Assert.Equal("centralAccuracy is 0.5000, which reaches 0.5", record.Stopped);
        Assert.Contains($"stopped: {record.Stopped}", record.Events!);
        Assert.Equal(record.Best, again.Best);
        Assert.Equal((record.Stopped, record.Stopped), (result.Stopped, again.Stopped));
    }

    [Theory]
    [InlineData("last:1", new[] { 0, 3 })]
    [InlineData("last:2", new[] { 0, 2, 3 })]
    [InlineData("every:2", new[] { 0, 2, 3 })]
    [InlineData("all", new[] { 0, 1, 2, 3 })]
    public async Task The_best_rounds_parameters_are_kept_whatever_is_retained(string retention, int[] kept) =>
        Assert.Equal(kept, await CleanUpAsync(retention, bests: [0, 0, 0, 0]));

    [Theory]
    [InlineData("last:1", new[] { 2, 3 })]
    [InlineData("last:2", new[] { 2, 3 })]
    [InlineData("every:3", new[] { 0, 2, 3 })]
    [InlineData("all", new[] { 0, 1, 2, 3 })]
    public async Task What_was_the_best_is_kept_no_longer_than_others(string retention, int[] kept) =>
        Assert.Equal(kept, await CleanUpAsync(retention, bests: [0, 0, 2, 2]));

    /// <summary>Cleans up after each of some rounds, of which these are the best so far.</summary>
    /// <returns>The rounds whose parameters are left.</returns>
    private static async Task<IEnumerable<int>> CleanUpAsync(string retention, int[] bests)
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Retention = retention, KeepBest = "centralLoss" });
        for (var round = 0; round < bests.Length; round++)
        {
            await federation.Store.PutAsync(ArtifactNames.GlobalParameters("fed", round), "parameters"u8.ToArray(), Cancel);
            if (round > 0)
            {
                await new CleanUpRound(federation.Store).RunAsync(
                    new CleanUpRoundInput(federation.SpecReference, round, Best(bests[round]), Best(bests[round - 1])), Cancel);
            }
        }

        var left = new List<int>();
        for (var round = 0; round < bests.Length; round++)
        {
            if (await federation.Store.FindAsync(ArtifactNames.GlobalParameters("fed", round), Cancel) is not null)
                left.Add(round);
        }

        return left;

        static IReadOnlyList<BestRound> Best(int round) => [new("fitLoss", 1, 0), new("centralLoss", round, 1)];
    }

    private static IEnumerable<BestRound?> Best(string metric, params double?[] values)
    {
        var spec = new FederationSpec { KeepBest = metric };
        IReadOnlyList<BestRound>? best = null;
        for (var round = 0; round < values.Length; round++)
        {
            best = BestRounds.With(spec, round, values[round] is { } value ? Measured(metric, value) : new RoundMetrics(null, null, null), best);
            yield return best?.Single();
        }
    }

    private static RoundMetrics Central(double loss, double accuracy) => new(null, null, new Metrics(loss, accuracy));

    private static RoundMetrics Measured(string metric, double value)
    {
        var metrics = metric.EndsWith("Loss", StringComparison.Ordinal) ? new Metrics(value, 0) : new Metrics(0, value);
        return metric.StartsWith("fit", StringComparison.Ordinal) ? new RoundMetrics(metrics, null, null) : new RoundMetrics(null, null, metrics);
    }
}
