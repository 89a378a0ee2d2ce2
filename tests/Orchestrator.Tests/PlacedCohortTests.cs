using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests;

/// <summary>What an orchestration does for work that others do.</summary>
public sealed class PlacedCohortTests
{
    private static readonly PlacementOptions AtSites = new(PlacementOptions.Site, AttemptTimeoutSeconds: 100, MaxAttempts: 2);
    private static readonly PlacementOptions InPool = AtSites with { Kind = PlacementOptions.Pool, QueueTimeoutSeconds = 50 };

    private readonly InlineOrchestration orchestration = new() { InstanceId = "fed:1-round-1-1" };

    public PlacedCohortTests() => orchestration
        .On(WorkActivities.OfferWork, offer => new OfferedWork(Result: null, offer.AttemptSeconds))
        .On(WorkActivities.LookAtWork, _ => new OfferedWork(Result: null, WaitSeconds: 0))
        .On(WorkActivities.WithdrawWork, _ => true)
        .On(Activities.AggregateLeaf, input => new PartResult(Artifact("leaf"), input.Cohorts.Count(cohort => cohort.Manifest is not null)));

    [Fact]
    public async Task What_the_event_tells_is_what_came_of_the_work()
    {
        orchestration.On(WorkActivities.OfferWork, offer =>
        {
            orchestration.Events.Enqueue(Result(offer.Cohort));
            return new OfferedWork(Result: null, offer.AttemptSeconds);
        });

        await RunAsync(clients: 2);

        var ends = orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts;
        Assert.All(ends, end => Assert.NotNull(end.Manifest));
        Assert.Equal(["fed:1-1:fit-0:1", "fed:1-1:fit-1:1"], orchestration.CallsOf(WorkActivities.OfferWork).Select(offer => offer.Work));
        Assert.Equal(["work-fit-0-1", "work-fit-1-1"], orchestration.CallsOf(WorkActivities.OfferWork).Select(offer => offer.Event));
        Assert.Empty(orchestration.CallsOf(WorkActivities.WithdrawWork));
    }

    [Fact]
    public async Task A_result_that_is_in_the_store_is_not_waited_for()
    {
        orchestration.On(WorkActivities.OfferWork, offer => new OfferedWork(Result(offer.Cohort), WaitSeconds: 0));

        await RunAsync(clients: 1);

        Assert.NotNull(orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts.Single().Manifest);
        Assert.Empty(orchestration.CallsOf(WorkActivities.LookAtWork));
    }

    [Fact]
    public async Task Work_whose_time_is_over_is_offered_again_under_another_name_and_then_has_failed_by_name()
    {
        await RunAsync(clients: 1);

        Assert.Equal(["fed:1-1:fit-0:1", "fed:1-1:fit-0:2"], orchestration.CallsOf(WorkActivities.OfferWork).Select(offer => offer.Work));
        Assert.Equal(["work-fit-0-1", "work-fit-0-2"], orchestration.CallsOf(WorkActivities.OfferWork).Select(offer => offer.Event));
        Assert.Equal(
            "no worker had done it after 100 seconds, 2 times", orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts.Single().Failure);
    }

    [Fact]
    public async Task Time_in_which_nobody_has_the_work_uses_up_no_attempt()
    {
        var looks = 0;
        orchestration.On(WorkActivities.LookAtWork, look => ++looks < 5 ? new OfferedWork(Result: null, WaitSeconds: 30) : new OfferedWork(Result(look.Offer.Cohort), 0));

        await RunAsync(clients: 1);

        Assert.Single(orchestration.CallsOf(WorkActivities.OfferWork));
        Assert.Equal(5, looks);
        Assert.NotNull(orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts.Single().Manifest);
    }

    [Fact]
    public async Task Work_that_the_round_goes_on_without_is_withdrawn()
    {
        orchestration.TimersFire = false;
        orchestration.On(WorkActivities.OfferWork, offer => offer.Cohort.First == 1
            ? new OfferedWork(Result: null, offer.AttemptSeconds)
            : new OfferedWork(Result(offer.Cohort), WaitSeconds: 0));

        await RunAsync(clients: 3, needed: 2);

        Assert.Equal(["fed:1-1:fit-1:1"], orchestration.CallsOf(WorkActivities.WithdrawWork).Single().Work);
        Assert.Equal("not needed: the first 2 had arrived", orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts[1].Failure);
    }

    [Fact]
    public async Task What_a_site_says_of_another_cohort_is_rejected()
    {
        orchestration.On(WorkActivities.OfferWork, offer => new OfferedWork(Result(offer.Cohort with { First = 7 }), WaitSeconds: 0));

        await RunAsync(clients: 1);

        Assert.StartsWith("the manifest of its cohort is rejected", orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts.Single().Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_no_worker_takes_is_done_by_the_host_when_it_has_waited_long_enough()
    {
        orchestration
            .On(WorkActivities.LookAtWork, look => new OfferedWork(Result: null, look.EndsWaiting ? 0 : look.Offer.AttemptSeconds))
            .On(Activities.TrainClient, Result);
        var began = orchestration.CurrentUtcDateTime;

        await RunAsync(clients: 1, InPool);

        Assert.Single(orchestration.CallsOf(WorkActivities.OfferWork));
        Assert.True(orchestration.CallsOf(WorkActivities.LookAtWork).Single().EndsWaiting);
        Assert.Single(orchestration.CallsOf(Activities.TrainClient));
        Assert.InRange(orchestration.CurrentUtcDateTime - began, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60));
        Assert.NotNull(orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts.Single().Manifest);
        Assert.Empty(orchestration.CallsOf(WorkActivities.WithdrawWork));
    }

    [Fact]
    public async Task Work_that_no_worker_takes_is_a_named_failure_where_nobody_else_is_to_do_it()
    {
        orchestration.On(WorkActivities.LookAtWork, look => new OfferedWork(Result: null, look.EndsWaiting ? 0 : look.Offer.AttemptSeconds));

        await RunAsync(clients: 1, InPool with { Fallback = PlacementOptions.None });

        Assert.Equal(
            "no worker took it for 50 seconds (placement.queueTimeoutSeconds)", orchestration.CallsOf(Activities.AggregateLeaf).Single().Cohorts.Single().Failure);
    }

    [Fact]
    public async Task The_host_does_what_every_worker_that_had_it_was_too_slow_for()
    {
        orchestration
            .On(WorkActivities.LookAtWork, _ => new OfferedWork(Result: null, WaitSeconds: 0, IsTaken: true))
            .On(Activities.TrainClient, Result);

        await RunAsync(clients: 1, InPool);

        Assert.Equal(["fed:1-1:fit-0:1", "fed:1-1:fit-0:2"], orchestration.CallsOf(WorkActivities.OfferWork).Select(offer => offer.Work));
        Assert.Single(orchestration.CallsOf(Activities.TrainClient));
    }

    [Fact]
    public async Task Work_that_is_given_back_waits_for_a_worker_anew()
    {
        var looks = 0;
        orchestration.On(WorkActivities.LookAtWork, look => ++looks switch
        {
            1 => new OfferedWork(Result: null, WaitSeconds: 100, IsTaken: true),
            2 => new OfferedWork(Result: null, WaitSeconds: 80, IsTaken: true),
            3 when !look.EndsWaiting => new OfferedWork(Result: null, WaitSeconds: 100),
            _ => new OfferedWork(Result(look.Offer.Cohort), WaitSeconds: 0),
        });

        await RunAsync(clients: 1, InPool with { QueueTimeoutSeconds = 90 });

        Assert.Equal(4, looks);
        Assert.Single(orchestration.CallsOf(WorkActivities.OfferWork));
    }

    [Fact]
    public async Task The_work_of_a_host_is_not_offered()
    {
        orchestration.On(Activities.TrainClient, Result);

        await RunAsync(clients: 2, placement: null);

        Assert.Equal(["TrainClient", "TrainClient", "AggregateLeaf"], orchestration.Calls.Select(call => call.Activity));
    }

    [Fact]
    public async Task A_federation_waits_for_its_sites_and_begins_when_all_have_enrolled()
    {
        var asked = 0;
        var federation = new InlineOrchestration()
            .On(Activities.PrepareDataset, _ => ++asked < 4 ? new PrepareDatasetResult(Dataset: null, WaitingFor: "b, c") : new PrepareDatasetResult(Artifact("dataset")))
            .On(Activities.InitializeModel, _ => throw new InvalidOperationException("far enough"))
            .On(Activities.FindRound, _ => new FindRoundResult(Recorded: null))
            .On(Activities.CompleteFederation, _ => Artifact("result"));

        var failed = await Assert.ThrowsAsync<FederationFailedException>(() => RunFederationAsync(federation));

        Assert.Contains("far enough", failed.Message, StringComparison.Ordinal);
        Assert.Contains("waiting for b, c to enrol", federation.CustomStatuses.OfType<FederationProgress>().Select(progress => progress.Doing));
    }

    [Fact]
    public async Task A_federation_whose_sites_do_not_come_fails_and_says_who()
    {
        var federation = new InlineOrchestration()
            .On(Activities.PrepareDataset, _ => new PrepareDatasetResult(Dataset: null, WaitingFor: "b, c"))
            .On(Activities.CompleteFederation, _ => Artifact("result"));

        var failed = await Assert.ThrowsAsync<FederationFailedException>(() => RunFederationAsync(federation));

        Assert.Equal("data: b, c had not enrolled after 86400 seconds (placement.enrolTimeoutSeconds)", failed.Message);
    }

    private static Task<ArtifactReference> RunFederationAsync(InlineOrchestration federation) => federation.RunAsync(
        new FederationOrchestrator(),
        new FederationState(Artifact("spec"), FederationPlan.Of(new FederationSpec { Data = "sites:a,b,c" }), StartedAt: federation.CurrentUtcDateTime));

    private Task<PartResult> RunAsync(int clients, int? needed = null) => RunAsync(clients, AtSites, needed);

    private Task<PartResult> RunAsync(int clients, PlacementOptions? placement, int? needed = null) => LeafOrchestrator.RunPartAsync(
        orchestration,
        new LeafInput(
            Artifact("spec"), Round: 1, Attempt: 1, RoundPhase.Fit, CohortSize: 1, Artifact("selection"), Artifact("global"), new SelectionRange(0, clients),
            needed ?? clients, Deadline: null, Placement: placement));

    private static PartResult Result(CohortInput cohort) => new(
        new ArtifactReference(ArtifactNames.Cohort("fed", cohort.Round, cohort.Attempt, RoundPhase.Fit, cohort.First), 1, new string('0', 64)), cohort.Count);

    private static ArtifactReference Artifact(string name) => new(name, 1, "0");
}
