using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests;

public sealed class FederationOrchestratorTests
{
    private static readonly ArtifactReference Spec = Artifact("spec");
    private static readonly Metrics Measured = new(1, 0.5);

    [Fact]
    public async Task A_federation_prepares_runs_every_round_and_completes()
    {
        var orchestration = Healthy();

        var result = await RunAsync(orchestration, new FederationSpec { Rounds = 2, Clients = 2, FractionEvaluate = 0.5 });

        Assert.Equal(Artifact("result"), result);
        Assert.Equal(
            [
                "PrepareDataset", "InitializeModel", "EvaluateGlobal", "RecordRound",
                "SelectClients", "TrainClient", "TrainClient", "AggregateLeaf", "AggregateUpdates", "EvaluateGlobal", "EvaluateClient",
                "AggregateLeaf", "RecordRound", "CleanUpRound",
                "SelectClients", "TrainClient", "TrainClient", "AggregateLeaf", "AggregateUpdates", "EvaluateGlobal", "EvaluateClient",
                "AggregateLeaf", "RecordRound", "CleanUpRound",
                "CompleteFederation",
            ],
            orchestration.Calls.Select(call => call.Activity));
        Assert.Equal(["fed:1-round-1-1", "fed:1-round-2-1"], orchestration.Children);
        Assert.Equal(new FederationProgress(2, 2, new RoundMetrics(Measured, Measured, Measured)), orchestration.CustomStatus);
    }

    [Fact]
    public async Task A_round_says_at_what_it_is_and_until_when_it_waits_for_clients()
    {
        var orchestration = Healthy();

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 2, DeadlineSeconds = 30 });

        var told = orchestration.ChildStatuses.Cast<RoundProgress>().ToList();
        Assert.Equal(["selecting", "training", "aggregating", "evaluating", "recording"], told.Select(one => one.Step));
        Assert.Equal(told.OrderBy(one => one.Since), told);
        var patience = TimeSpan.FromSeconds(30);
        Assert.Equal([null, patience, null, patience, null], told.Select(one => one.Deadline - one.Since));
    }

    [Fact]
    public async Task Each_round_starts_from_the_parameters_of_the_one_before()
    {
        var orchestration = Healthy();

        await RunAsync(orchestration, new FederationSpec { Rounds = 3, Clients = 1 });

        Assert.Equal(["initial", "global-1", "global-2"], orchestration.CallsOf(Activities.TrainClient).Select(input => input.Global.Name));
        Assert.Equal("global-3", orchestration.CallsOf(Activities.CompleteFederation).Single().Global!.Name);
    }

    [Fact]
    public async Task What_the_strategy_keeps_goes_from_round_to_round()
    {
        var orchestration = Healthy()
            .On(Activities.AggregateUpdates, input => new AggregateUpdatesResult(Artifact($"global-{input.Round}"), StrategyState: Artifact($"kept-{input.Round}")))
            .On(Activities.RecordRound, input => new RecordRoundResult(
                input.Global, Measured, Measured, StrategyState: input.Round == 0 ? Artifact("branched") : input.StrategyState));

        await RunAsync(orchestration, new FederationSpec { Rounds = 3, Clients = 1 });

        Assert.Equal(["branched", "kept-1", "kept-2"], orchestration.CallsOf(Activities.AggregateUpdates).Select(input => input.StrategyState!.Name));
        Assert.Equal([null, "kept-1", "kept-2", "kept-3"], orchestration.CallsOf(Activities.RecordRound).Select(input => input.StrategyState?.Name));
    }

    [Fact]
    public async Task A_federation_that_is_stopped_completes_after_the_round_that_says_so()
    {
        var orchestration = Healthy().On(Activities.RecordRound, input => new RecordRoundResult(
            input.Global, Measured, Measured, Best: [new("fitLoss", input.Round, 1)], Stopped: input.Round == 2 ? "it is enough" : null));

        await RunAsync(orchestration, new FederationSpec { Rounds = 5, Clients = 1 });

        var completed = orchestration.CallsOf(Activities.CompleteFederation).Single();
        Assert.Equal((2, "global-2", null), (completed.LastRound, completed.Global!.Name, completed.Failure));
        Assert.Equal([null, 0, 1], orchestration.CallsOf(Activities.RecordRound).Select(input => input.BestBefore?.Single().Round));
        Assert.Equal([(1, 0), (2, 1)], orchestration.CallsOf(Activities.CleanUpRound).Select(input => (input.Best!.Single().Round, input.BestBefore!.Single().Round)));
    }

    [Fact]
    public async Task Initial_parameters_that_are_good_enough_are_trained_no_further()
    {
        var orchestration = Healthy().On(Activities.RecordRound, input => new RecordRoundResult(input.Global, null, null, Stopped: "it is enough"));

        await RunAsync(orchestration, new FederationSpec { Rounds = 5, Clients = 1 });

        Assert.Empty(orchestration.Children);
        Assert.Equal("initial", orchestration.CallsOf(Activities.CompleteFederation).Single().Global!.Name);
    }

    [Fact]
    public async Task Central_evaluation_can_be_left_out()
    {
        var orchestration = Healthy();

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 1, CentralEvaluation = false });

        Assert.True(orchestration.CallsOf(Activities.EvaluateGlobal).Single().OnMadeUpImages);
        Assert.All(orchestration.CallsOf(Activities.RecordRound), input => Assert.Null(input.Central));
    }

    [Theory]
    [InlineData(10, 0.5, 1, 47)]
    [InlineData(10, 0.5, 2, 33)]
    [InlineData(64, 1, 1, 273)]
    [InlineData(1000, 0, 10, 297)]
    public async Task A_round_takes_as_many_of_a_schedulers_actions_as_docs_azure_md_says(
        int clients, double fractionEvaluate, int cohortSize, int actions)
    {
        Assert.Equal(actions, await ActionsAsync(rounds: 3) - await ActionsAsync(rounds: 2));
        Assert.Equal((5 * actions) + 12, await ActionsAsync(rounds: 5));

        async Task<int> ActionsAsync(int rounds)
        {
            var orchestration = Healthy();
            await RunAsync(
                orchestration,
                new FederationSpec { Rounds = rounds, Clients = clients, FractionEvaluate = fractionEvaluate, CohortSize = cohortSize });

            // Activities and children: their start and their result. The federation: the start of each execution, as prepared or recorded rounds end one.
            return (2 * (orchestration.Calls.Count + orchestration.Children.Count)) + orchestration.CallsOf(Activities.RecordRound).Count() + 1;
        }
    }

    [Fact]
    public async Task A_round_with_fewer_updates_than_the_quorum_is_retried_as_a_whole()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.TrainClient, input =>
            input is { Attempt: 1, First: 0 } ? throw new IOException("no network") : Trained(input));

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 2, Quorum = 2, RoundAttempts = 2 });

        Assert.Equal(["fed:1-round-1-1", "fed:1-round-1-2"], orchestration.Children);
        Assert.Single(orchestration.CallsOf(Activities.AggregateUpdates));
        Assert.Equal("no network", orchestration.CallsOf(Activities.AggregateLeaf).First().Cohorts[0].Failure);
    }

    [Fact]
    public async Task A_round_with_a_quorum_goes_on_without_the_failed_clients()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.TrainClient, input =>
            input.First == 0 ? throw new IOException("no network") : Trained(input));

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 3, Quorum = 2 });

        Assert.Equal(["fed:1-round-1-1"], orchestration.Children);
    }

    [Fact]
    public async Task A_federation_whose_round_fails_for_good_completes_as_failed_with_every_reason()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.TrainClient, input =>
            input.Round == 2 ? throw new IOException("no network") : Trained(input));

        var error = await Assert.ThrowsAsync<FederationFailedException>(() =>
            RunAsync(orchestration, new FederationSpec { Rounds = 3, Clients = 1, RoundAttempts = 2 }));

        var completion = orchestration.CallsOf(Activities.CompleteFederation).Single();
        Assert.Equal((1, "global-1", error.Message), (completion.LastRound, completion.Global!.Name, completion.Failure));
        Assert.Equal(
            "round 2 failed; attempt 1: 0 good updates of 1 clients, the quorum is 1; client-0 in TrainClient: no network; "
            + "attempt 2: 0 good updates of 1 clients, the quorum is 1; client-0 in TrainClient: no network",
            error.Message);
    }

    [Fact]
    public async Task A_vanished_update_is_a_failed_attempt_at_the_round()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.AggregateLeaf, input =>
            input.Attempt == 1 ? throw new IOException("it has vanished") : AggregateLeaf(input));

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, RoundAttempts = 2 });

        Assert.Equal(["fed:1-round-1-1", "fed:1-round-1-2"], orchestration.Children);
    }

    [Fact]
    public async Task A_round_that_is_recorded_already_is_taken_as_it_is_recorded_and_the_last_that_is_gone_on_from()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.TrainClient, input =>
            input.Round == 1 ? throw new IOException("nobody waits for it") : Trained(input));
        orchestration.On(Activities.FindRound, input => new FindRoundResult(
            input.Round <= 3 ? new RecordedRound(3, Artifact("dataset"), Artifact("recorded"), new RoundMetrics(Measured, Measured, Measured)) : null));

        await RunAsync(orchestration, new FederationSpec { Rounds = 4, Clients = 1 });

        Assert.Equal(["fed:1-round-1-1", "fed:1-round-4-1"], orchestration.Children);
        Assert.Equal("recorded", orchestration.CallsOf(Activities.TrainClient).Last().Global.Name);
    }

    [Fact]
    public async Task A_round_whose_aggregate_was_lost_before_it_was_recorded_is_tried_again()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.EvaluateGlobal, input =>
            input.Global.Name == "global-1" && orchestration.Children.Count == 1 ? throw new IOException("it has vanished") : new EvaluateGlobalResult(Measured));

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, RoundAttempts = 2 });

        Assert.Equal(["fed:1-round-1-1", "fed:1-round-1-2"], orchestration.Children);
    }

    [Fact]
    public async Task Once_it_is_being_recorded_a_round_is_not_tried_again_with_others()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.RecordRound, input => input.Round == 1
            ? throw new IOException("disk full")
            : new RecordRoundResult(input.Global, Measured, Measured));

        var error = await Assert.ThrowsAsync<FederationFailedException>(() =>
            RunAsync(orchestration, new FederationSpec { Rounds = 2, RoundAttempts = 3 }));

        Assert.Equal(["fed:1-round-1-1"], orchestration.Children);
        Assert.Equal("round 1 failed; attempt 1: RecordRound failed: disk full", error.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_round_whose_aggregate_is_of_no_use_is_sent_back_and_leaves_out_what_stood_out(bool isFinite)
    {
        var orchestration = Healthy().On(Activities.FindOutliers, _ => new FindOutliersResult(50, 5, 1, "client-1"));
        Spoil(orchestration, isFinite, input => input.Attempt == 1);

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 2, RoundAttempts = 1 });

        Assert.Equal(["fed:1-round-1-1", "fed:1-round-1-2"], orchestration.Children);
        Assert.Equal([null, 50.0], orchestration.CallsOf(Activities.AggregateLeaf).Where(leaf => leaf.Phase == RoundPhase.Fit).Select(leaf => leaf.NormLimit));
        Assert.Equal(
            "it is of no use; more than ten times as far from the global parameters as the median (5) are 1 updates, the first is client-1's",
            orchestration.CallsOf(Activities.RecordRound).Last().SentBack);
        Assert.All(orchestration.CallsOf(Activities.AggregateLeaf).Where(leaf => leaf.Phase == RoundPhase.Evaluate), leaf => Assert.Null(leaf.NormLimit));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_round_is_sent_back_once(bool isFinite)
    {
        var orchestration = Healthy().On(Activities.FindOutliers, _ => new FindOutliersResult(50, 5, 1, "client-1"));
        Spoil(orchestration, isFinite, _ => true);

        var error = await Assert.ThrowsAsync<FederationFailedException>(() =>
            RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 2, RoundAttempts = 5 }));

        Assert.Equal(["fed:1-round-1-1", "fed:1-round-1-2"], orchestration.Children);
        Assert.EndsWith("attempt 2: it is of no use, also without the updates that stood out: the training has diverged; a smaller learningRate may help", error.Message, StringComparison.Ordinal);
        Assert.Single(orchestration.CallsOf(Activities.RecordRound));
    }

    [Fact]
    public async Task A_round_in_which_nobody_stands_out_is_not_sent_back()
    {
        var orchestration = Healthy();
        Spoil(orchestration, isFinite: false, _ => true);

        var error = await Assert.ThrowsAsync<FederationFailedException>(() => RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 2 }));

        Assert.Equal(["fed:1-round-1-1"], orchestration.Children);
        Assert.Equal(
            "round 1 failed; attempt 1: it is of no use, and no client's update stands out: the training has diverged; a smaller learningRate may help",
            error.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_round_whose_aggregate_is_doubtful_is_sent_back_and_leaves_out_what_stood_out(bool isEvaluated)
    {
        var orchestration = Healthy().On(Activities.FindOutliers, _ => new FindOutliersResult(50, 5, 1, "client-1"));
        Doubt(orchestration, isEvaluated, attempt => attempt == 1);

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 2, RoundAttempts = 1, Quorum = 1, FractionEvaluate = 1 });

        Assert.Equal(["fed:1-round-1-1", "fed:1-round-1-2"], orchestration.Children);
        Assert.Equal([null, 50.0], orchestration.CallsOf(Activities.AggregateLeaf).Where(leaf => leaf.Phase == RoundPhase.Fit).Select(leaf => leaf.NormLimit));
        Assert.StartsWith(
            isEvaluated ? "it is doubtful; more than" : "all 2 evaluations failed; client-0 in TrainClient: it can't; more than",
            orchestration.CallsOf(Activities.RecordRound).Last().SentBack, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 1, 1)]
    [InlineData(50.0, 2, 1)]
    [InlineData(50.0, 1, 2)]
    public async Task A_doubtful_aggregate_is_recorded_with_the_doubt_where_another_attempt_would_be_no_better(
        double? normLimit, int quorum, int attempts)
    {
        var orchestration = Healthy().On(Activities.FindOutliers, _ => new FindOutliersResult(normLimit, 5, 1, "client-1"));
        Doubt(orchestration, isEvaluated: true, _ => true);

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 2, RoundAttempts = 1, Quorum = quorum });

        Assert.Equal(attempts, orchestration.Children.Count);
        var recorded = orchestration.CallsOf(Activities.RecordRound).Last();
        Assert.Equal((1, "it is doubtful", attempts == 2), (recorded.Round, recorded.Doubtful, recorded.SentBack is not null));
        Assert.Null(orchestration.CallsOf(Activities.CompleteFederation).Single().Failure);
    }

    [Fact]
    public async Task Every_attempt_after_one_that_was_sent_back_leaves_out_what_stood_out_and_all_tries_are_left()
    {
        var orchestration = Healthy().On(Activities.FindOutliers, _ => new FindOutliersResult(50, 5, 1, "client-1"));
        Spoil(orchestration, isFinite: false, input => input.Attempt == 1);
        orchestration.On(Activities.TrainClient, input => input.Attempt == 2 ? throw new IOException("no network") : Trained(input));

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 1, RoundAttempts = 2, FractionEvaluate = 0 });

        Assert.Equal([null, 50.0, 50.0], orchestration.CallsOf(Activities.AggregateLeaf).Select(leaf => leaf.NormLimit));
    }

    [Fact]
    public async Task Initial_parameters_that_can_not_be_evaluated_end_a_federation_before_its_first_round()
    {
        var orchestration = Healthy().On(Activities.EvaluateGlobal, _ => new EvaluateGlobalResult(null, "it is of no use"));

        var error = await Assert.ThrowsAsync<FederationFailedException>(() => RunAsync(orchestration, new FederationSpec()));

        Assert.Equal("the initial parameters are of no use: it is of no use", error.Message);
        Assert.Empty(orchestration.Children);
    }

    [Theory]
    [InlineData("updates/fed/000001/fit_1_cohort_000002.json", 1, null, '0', "'updates/fed/000001/fit_1_cohort_000002.json', expected")]
    [InlineData("../../etc/passwd", 1, null, '0', "'../../etc/passwd', expected")]
    [InlineData("", 1, null, '0', "'', expected")]
    [InlineData(null, 1, "hospital-7", '0', "expected")]
    [InlineData(null, -1, null, '0', "-1 bytes")]
    [InlineData(null, 1 << 21, null, '0', "2097152 bytes, expected at most 1048576")]
    [InlineData(null, 1, null, 'F', "64 hexadecimal digits")]
    public async Task A_client_that_returns_anything_but_its_manifest_is_the_one_that_is_missing(
        string? name, long length, string? account, char digit, string because)
    {
        var orchestration = Healthy().On(Activities.TrainClient, input =>
        {
            var good = Trained(input);
            var lie = good.Manifest with { Name = name ?? good.Manifest.Name, Length = length, Account = account, Sha256 = new string(digit, 64) };
            return input.First == 1 ? good with { Manifest = lie } : good;
        });

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 3, FractionEvaluate = 0 });

        var ends = orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts;
        Assert.Equal([true, false, true], ends.Select(end => end.Manifest is not null));
        Assert.Contains(because, ends[1].Failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    [InlineData(2)]
    public async Task A_client_counts_once_whatever_number_it_says(int succeeded)
    {
        var late = new TaskCompletionSource<PartResult>();
        var orchestration = Healthy().OnAsync(Activities.TrainClient, input => input.First switch
        {
            0 => Task.FromResult(Trained(input) with { Succeeded = succeeded }),
            4 => late.Task,
            _ => Task.FromResult(Trained(input)),
        });

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 5, OverSelection = 5 / 3.0, Quorum = 3, FractionEvaluate = 0 });

        var ends = orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts;
        Assert.Equal(succeeded < 0 ? 4 : 3, ends.Count(end => end.Manifest is not null));
    }

    [Fact]
    public async Task The_next_round_runs_while_the_one_before_is_cleaned_up()
    {
        var cleaned = new TaskCompletionSource<bool>();
        var orchestration = Healthy().OnAsync(Activities.CleanUpRound, input => input.Round == 1 ? cleaned.Task : Task.FromResult(true));

        var run = RunAsync(orchestration, new FederationSpec { Rounds = 2, Clients = 1 });

        Assert.Equal([0, 1, 2], orchestration.CallsOf(Activities.RecordRound).Select(input => input.Round));
        Assert.Equal([1], orchestration.CallsOf(Activities.CleanUpRound).Select(input => input.Round));
        cleaned.SetResult(true);
        await run;
        Assert.Equal([1, 2], orchestration.CallsOf(Activities.CleanUpRound).Select(input => input.Round));
    }

    [Fact]
    public async Task A_federation_is_not_complete_before_its_last_round_is_cleaned_up()
    {
        var cleaned = new TaskCompletionSource<bool>();
        var orchestration = Healthy().OnAsync(Activities.CleanUpRound, _ => cleaned.Task);

        var run = RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 1 });

        Assert.Empty(orchestration.CallsOf(Activities.CompleteFederation));
        cleaned.SetResult(true);
        Assert.Equal(Artifact("result"), await run);
    }

    [Fact]
    public async Task A_recorded_round_does_not_fail_because_its_updates_can_not_be_deleted()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.CleanUpRound, (CleanUpRoundInput _) => throw new IOException("no access"));

        Assert.Equal(Artifact("result"), await RunAsync(orchestration, new FederationSpec { Rounds = 2, Clients = 1 }));
    }

    [Fact]
    public async Task A_federation_says_why_it_failed_even_if_its_result_can_not_be_written()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.PrepareDataset, (FederationInput _) => throw new IOException("no data"));
        orchestration.On(Activities.CompleteFederation, (CompleteFederationInput _) => throw new IOException("disk full"));

        var error = await Assert.ThrowsAsync<FederationFailedException>(() => RunAsync(orchestration, new FederationSpec()));

        Assert.Equal("PrepareDataset failed: no data; and its result could not be written: disk full", error.Message);
    }

    [Theory]
    [InlineData(nameof(Activities.InitializeModel))]
    [InlineData(nameof(Activities.EvaluateGlobal))]
    public async Task A_preparation_that_a_recorded_federation_refuses_goes_on_after_the_last_recorded_round(string refuses)
    {
        var orchestration = Healthy();
        if (refuses == nameof(Activities.InitializeModel))
            orchestration.On(Activities.InitializeModel, (FederationInput _) => throw new WorkNotNeededException("nobody waits for it"));
        else
            orchestration.On(Activities.EvaluateGlobal, (EvaluateGlobalInput input) => input.Global.Name == "initial" ? throw new WorkNotNeededException("nobody waits for it") : new EvaluateGlobalResult(Measured));
        orchestration.On(Activities.FindRound, _ => new FindRoundResult(
            new RecordedRound(2, Artifact("dataset"), Artifact("recorded"), new RoundMetrics(Measured, Measured, Measured))));

        await RunAsync(orchestration, new FederationSpec { Rounds = 3, Clients = 1 });

        Assert.Equal(0, orchestration.CallsOf(Activities.FindRound).Single().Round);
        Assert.Equal(["fed:1-round-3-1"], orchestration.Children);
        Assert.Equal("recorded", orchestration.CallsOf(Activities.TrainClient).Single().Global.Name);
    }

    [Fact]
    public async Task A_federation_shows_what_it_hears_of_its_data_until_that_is_there()
    {
        var orchestration = Healthy();
        var prepared = new TaskCompletionSource<PrepareDatasetResult>();
        orchestration.OnAsync(Activities.PrepareDataset, _ => prepared.Task);
        orchestration.Events.Enqueue("downloading 40 %");
        orchestration.Events.Enqueue("partitioning");

        var running = RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 1 });
        Assert.Equal(["reading", "downloading 40 %", "partitioning"], Doing());
        prepared.SetResult(new PrepareDatasetResult(Artifact("dataset")));
        await running;

        Assert.Equal(["reading", "downloading 40 %", "partitioning", "initializing", null, null], Doing());

        IEnumerable<string?> Doing() => orchestration.CustomStatuses.Cast<FederationProgress>().Select(status => status.Doing);
    }

    [Fact]
    public async Task A_federation_whose_data_is_of_no_use_completes_as_failed_with_what_is_wrong_with_it()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.PrepareDataset, _ => new PrepareDatasetResult(Dataset: null, "clients: too many"));

        var error = await Assert.ThrowsAsync<FederationFailedException>(() => RunAsync(orchestration, new FederationSpec()));

        Assert.Equal("clients: too many", error.Message);
        Assert.Equal("clients: too many", orchestration.CallsOf(Activities.CompleteFederation).Single().Failure);
    }

    [Fact]
    public async Task A_federation_whose_data_can_not_be_prepared_completes_as_failed()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.PrepareDataset, (FederationInput _) => throw new IOException("disk full"));

        await Assert.ThrowsAsync<FederationFailedException>(() => RunAsync(orchestration, new FederationSpec()));

        var completion = orchestration.CallsOf(Activities.CompleteFederation).Single();
        Assert.Equal((-1, null, "PrepareDataset failed: disk full"), (completion.LastRound, completion.Global, completion.Failure));
    }

    [Fact]
    public async Task More_than_64_clients_are_leaves_that_are_merged()
    {
        var orchestration = Healthy();

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 130, FractionEvaluate = 0 });

        Assert.Equal(
            ["fed:1-round-1-1", "fed:1-round-1-1:fit-0-64", "fed:1-round-1-1:fit-64-64", "fed:1-round-1-1:fit-128-2"], orchestration.Children);
        Assert.Equal([(0, 64), (64, 64), (128, 2)], orchestration.CallsOf(Activities.AggregateLeaf).Select(leaf => (leaf.Range.First, leaf.Range.Count)));
        Assert.Equal(130, orchestration.CallsOf(Activities.TrainClient).Count());
        Assert.Equal(3, orchestration.CallsOf(Activities.MergeSubtrees).Single().Subtrees.Count);
    }

    [Fact]
    public async Task No_instance_s_id_is_longer_than_the_100_characters_that_SQL_Server_has_for_it()
    {
        var id = new string('x', ArtifactNames.MaxIdLength);
        var orchestration = Healthy(id);
        var spec = new FederationSpec { Rounds = 1_000_000, Clients = 1_000_000, CohortSize = 64, MinAvailableClients = 1, FractionEvaluate = 1 };
        var last = new RecordedRound(spec.Rounds - 1, Artifact("dataset"), Artifact("global"), new RoundMetrics(null, null, null));

        await RunAsync(orchestration, spec, last);

        Assert.Equal(orchestration.Children.Count, orchestration.Children.Distinct(StringComparer.Ordinal).Count());
        Assert.All(orchestration.Children, child => Assert.StartsWith($"{id}:1-round-1000000-1", child, StringComparison.Ordinal));
        Assert.InRange(orchestration.Children.Max(child => child.Length), 80, 90); // of 100: a version or an attempt may have more digits
    }

    [Fact]
    public async Task A_cohort_is_one_activity()
    {
        var orchestration = Healthy();

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 7, CohortSize = 3, Quorum = 3 });

        Assert.Equal([(0, 3), (3, 3), (6, 1)], orchestration.CallsOf(Activities.TrainClient).Select(cohort => (cohort.First, cohort.Count)));
    }

    [Fact]
    public async Task A_cohort_that_evaluates_has_a_size_of_its_own()
    {
        var orchestration = Healthy();

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 7, FractionEvaluate = 1, Quorum = 3 }, cohortSize: 3, evaluateCohortSize: 5);

        Assert.Equal([(0, 3), (3, 3), (6, 1)], orchestration.CallsOf(Activities.TrainClient).Select(cohort => (cohort.First, cohort.Count)));
        Assert.Equal([(0, 5), (5, 2)], orchestration.CallsOf(Activities.EvaluateClient).Select(cohort => (cohort.First, cohort.Count)));
        Assert.Equal([3, 5], orchestration.CallsOf(Activities.AggregateLeaf).Select(leaf => leaf.CohortSize));
    }

    [Fact]
    public async Task A_cohort_that_fails_is_tried_client_by_client_where_the_spec_leaves_its_size_open()
    {
        var orchestration = Healthy().On(Activities.TrainClient, input => input.Count > 1 || input.First == 4
            ? throw new InvalidOperationException("out of memory")
            : Cohort(input, RoundPhase.Fit));

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 7, Quorum = 6, FractionEvaluate = 0 }, cohortSize: 4);

        var end = orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts;
        Assert.All(end, cohort => Assert.True(cohort is { Manifest: null, Failure: null }));
        Assert.Equal(["alone_000000", "alone_000001", "alone_000002", "alone_000003"], end[0].Alone!.Select(alone => alone.Manifest!.Name[^17..^5]));
        Assert.Contains("out of memory", end[1].Alone![0].Failure, StringComparison.Ordinal);
        Assert.Equal(2, end[1].Alone!.Count(alone => alone.Manifest is not null));
    }

    [Fact]
    public async Task A_cohort_that_fails_has_failed_where_the_spec_says_its_size()
    {
        var orchestration = Healthy().On(Activities.TrainClient, input => input.First == 0
            ? throw new InvalidOperationException("out of memory")
            : Cohort(input, RoundPhase.Fit));

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 6, CohortSize = 3, Quorum = 1, FractionEvaluate = 0 });

        Assert.Contains("out of memory", orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts[0].Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_over_selected_round_takes_the_first_updates_that_arrive()
    {
        var late = new TaskCompletionSource<PartResult>();
        var orchestration = Healthy().OnAsync(Activities.TrainClient, input =>
            input.First == 0 ? late.Task : Task.FromResult(Trained(input)));

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 3, OverSelection = 1.5, Quorum = 2, FractionEvaluate = 0 });

        var ends = orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts;
        Assert.Equal(["not needed: the first 2 had arrived", null, null], ends.Select(end => end.Failure));
    }

    [Fact]
    public async Task A_client_that_sleeps_for_ever_is_absent_at_the_deadline_by_name()
    {
        var orchestration = Healthy().OnAsync(Activities.TrainClient, input =>
            input.First == 1 ? new TaskCompletionSource<PartResult>().Task : Task.FromResult(Trained(input)));

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 3, DeadlineSeconds = 30, Quorum = 2, FractionEvaluate = 0 });

        var ends = orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts;
        Assert.Equal([null, "absent at the deadline, 2026-01-01 00:00:35 UTC", null], ends.Select(end => end.Failure));
        Assert.Equal(new DateTime(2026, 1, 1, 0, 0, 35, DateTimeKind.Utc), orchestration.CallsOf(Activities.TrainClient).First().Deadline);
    }

    [Fact]
    public async Task A_client_that_gives_up_at_the_deadline_is_absent_whichever_is_seen_first()
    {
        var orchestration = Healthy();
        orchestration.On(Activities.TrainClient, input =>
        {
            if (input.First != 1)
                return Trained(input);
            orchestration.Pass(TimeSpan.FromSeconds(30));
            throw new OperationCanceledException("nobody waits for it any more");
        });

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 3, DeadlineSeconds = 30, FractionEvaluate = 0 });

        Assert.StartsWith("absent at the deadline, ", orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts[1].Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_round_without_a_quorum_at_its_deadline_is_retried_with_a_new_one()
    {
        var orchestration = Healthy().OnAsync(Activities.TrainClient, input => input is { Attempt: 1, First: 1 }
            ? new TaskCompletionSource<PartResult>().Task
            : Task.FromResult(Trained(input)));

        await RunAsync(orchestration, new FederationSpec { Rounds = 1, Clients = 2, DeadlineSeconds = 30, Quorum = 2, FractionEvaluate = 0 });

        Assert.Equal(["fed:1-round-1-1", "fed:1-round-1-2"], orchestration.Children);
        Assert.Equal(2, orchestration.CallsOf(Activities.TrainClient).Select(input => input.Deadline).Distinct().Count());
    }

    /// <summary>Lets aggregates of some attempts be doubtful: by the server's evaluation, or since no client can evaluate them.</summary>
    private static void Doubt(InlineOrchestration orchestration, bool isEvaluated, Func<int, bool> isDoubtful)
    {
        orchestration.On(Activities.AggregateUpdates, input => new AggregateUpdatesResult(Artifact($"global-{input.Attempt}")));
        orchestration.On(Activities.EvaluateGlobal, input => new EvaluateGlobalResult(
            Measured, Doubtful: isEvaluated && input.Global.Name != "initial" && isDoubtful(input.Global.Name[^1] - '0') ? "it is doubtful" : null));
        orchestration.On(Activities.EvaluateClient, input => !isEvaluated && isDoubtful(input.Attempt)
            ? throw new InvalidOperationException("it can't")
            : Cohort(input, RoundPhase.Evaluate));
    }

    /// <summary>Lets aggregates of some attempts be of no use: not finite, or finite and not to be evaluated.</summary>
    private static void Spoil(InlineOrchestration orchestration, bool isFinite, Func<AggregateUpdatesInput, bool> isSpoilt)
    {
        orchestration.On(Activities.AggregateUpdates, input => (isFinite, isSpoilt(input)) switch
        {
            (_, false) => new AggregateUpdatesResult(Artifact($"global-{input.Round}")),
            (true, _) => new AggregateUpdatesResult(Artifact("spoilt")),
            _ => new AggregateUpdatesResult(null, "it is of no use"),
        });
        orchestration.On(Activities.EvaluateGlobal, input =>
            input.Global.Name == "spoilt" ? new EvaluateGlobalResult(null, "it is of no use") : new EvaluateGlobalResult(Measured));
    }

    private static Task<ArtifactReference> RunAsync(InlineOrchestration orchestration, FederationSpec spec, RecordedRound? last = null, int? cohortSize = null, int? evaluateCohortSize = null)
    {
        orchestration.On(Activities.SelectClients, input => new SelectClientsResult(
            Artifact("selection"), spec.Clients, (int)Math.Round(spec.Clients / spec.OverSelection), (int)(spec.Clients * spec.FractionEvaluate),
            spec.DeadlineSeconds, cohortSize, evaluateCohortSize));
        return orchestration.RunAsync(new FederationOrchestrator(), new FederationState(Spec, FederationPlan.Of(spec)) { Last = last });
    }

    /// <summary>Every activity succeeds; a leaf has one good update for each of its cohorts' manifests.</summary>
    private static InlineOrchestration Healthy(string id = "fed") => new InlineOrchestration { InstanceId = id }
        .On(Activities.PrepareDataset, _ => new PrepareDatasetResult(Artifact("dataset")))
        .On(Activities.InitializeModel, _ => Artifact("initial"))
        .On(Activities.TrainClient, input => Cohort(input, RoundPhase.Fit, id))
        .On(Activities.EvaluateClient, input => Cohort(input, RoundPhase.Evaluate, id))
        .On(Activities.AggregateLeaf, AggregateLeaf)
        .On(Activities.MergeSubtrees, input => new PartResult(Artifact("tree"), input.Range.Count, 0, null))
        .On(Activities.AggregateUpdates, input => new AggregateUpdatesResult(Artifact($"global-{input.Round}")))
        .On(Activities.FindOutliers, _ => new FindOutliersResult(null, 1, 0, null))
        .On(Activities.EvaluateGlobal, input => new EvaluateGlobalResult(input.OnMadeUpImages ? null : Measured))
        .On(Activities.RecordRound, input => new RecordRoundResult(input.Global, Measured, Measured))
        .On(Activities.FindRound, _ => new FindRoundResult(Recorded: null))
        .On(Activities.CleanUpRound, _ => true)
        .On(Activities.CompleteFederation, _ => Artifact("result"));

    private static PartResult AggregateLeaf(AggregateLeafInput input)
    {
        var failed = input.Cohorts.FirstOrDefault(cohort => cohort.Failure is not null);
        var good = input.Cohorts.SelectMany(cohort => cohort.Alone ?? [cohort]).Count(cohort => cohort.Manifest is not null);
        return new PartResult(
            Artifact("leaf"), good, input.Cohorts.Count - good,
            failed is null ? null : new ClientFailure("client-0", "TrainClient", failed.Failure!));
    }

    private static PartResult Trained(CohortInput input) => Cohort(input, RoundPhase.Fit);

    private static PartResult Cohort(CohortInput input, RoundPhase phase, string id = "fed")
    {
        var name = ArtifactNames.Cohort(id, input.Round, input.Attempt, phase, input.First, input.IsAlone);
        return new PartResult(new ArtifactReference(name, 1, new string('0', 64)), input.Count, Metrics: Measured);
    }

    private static ArtifactReference Artifact(string name) => new(name, 1, "0");
}
