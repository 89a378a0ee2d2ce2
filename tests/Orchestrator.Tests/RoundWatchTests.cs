using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Orchestrator.Tests;

/// <summary>What can be told of a round that is not recorded yet.</summary>
public sealed class RoundWatchTests
{
    private static readonly DateTimeOffset Since = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_counts_who_has_arrived_and_names_who_failed_and_who_is_outstanding()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 5, CohortSize = 2 });
        await federation.SelectAsync();
        var failure = new ClientFailure("client-1", "TrainClient", "no space");
        await federation.PutCohortAsync(0, Trained("client-0"), new ClientOutcome("client-1", 0, 0, Failure: failure));

        var round = await FindAsync(federation, Attempt("5-round-1-1", RoundProgress.Training, Since.AddMinutes(5)));

        Assert.Equivalent(
            new RoundInProgress
            {
                Round = 1,
                Attempt = 1,
                Step = "training",
                Since = Since,
                Deadline = Since.AddMinutes(5),
                Clients = new ClientsInProgress(5, Succeeded: 1, Failed: 1, Outstanding: 3, [failure], ["client-2", "client-3", "client-4"]),
            },
            round,
            strict: true);
    }

    [Fact]
    public async Task It_counts_clients_that_evaluate_by_cohorts_of_their_own_size()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 100, FractionEvaluate = 1 });
        await federation.SelectAsync();
        var outcomes = Enumerable.Range(0, 64).Select(index => Trained($"client-{index}")).ToList();
        await federation.Store.PutJsonAsync(ArtifactNames.Cohort("fed", 1, 1, RoundPhase.Evaluate, first: 0), new PartOutcomes(outcomes), Cancel);

        var clients = (await FindAsync(federation, Attempt("5-round-1-1", RoundProgress.Evaluating)))!.Clients!;

        Assert.Equal((100, 64, 36), (clients.Selected, clients.Succeeded, clients.Outstanding));
        Assert.Equal("client-64", clients.WaitingFor[0]);
    }

    [Fact]
    public async Task It_names_who_can_not_be_reached_before_their_turn_has_come()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 4, CohortSize = 1, Availability = "0-1" });
        await federation.SelectAsync();

        var clients = (await FindAsync(federation, Attempt("5-round-1-1", RoundProgress.Training)))!.Clients!;

        Assert.Equal((4, 0, 2, 2), (clients.Selected, clients.Succeeded, clients.Failed, clients.Outstanding));
        Assert.Equal(["client-0", "client-1"], clients.WaitingFor);
        Assert.Equal([new ClientFailure("client-2", "TrainClient", ClientPresence.Absence), new ClientFailure("client-3", "TrainClient", ClientPresence.Absence)], clients.Failures);
    }

    [Fact]
    public async Task It_aggregates_once_no_client_is_outstanding()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2, CohortSize = 2 });
        await federation.SelectAsync();
        await federation.PutCohortAsync(0, Trained("client-0"), Trained("client-1"));

        var round = await FindAsync(federation, Attempt("5-round-1-1", RoundProgress.Training));

        Assert.Equal(("aggregating", 2), (round?.Step, round?.Clients?.Succeeded));
    }

    [Fact]
    public async Task It_counts_whole_parts_where_cohorts_are_many()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 300, CohortSize = 1 });
        await federation.SelectAsync();
        var part = new PartOutcomes([.. Enumerable.Range(64, 64).Select(index => Trained($"client-{index}"))]);
        await federation.Store.PutJsonAsync(ArtifactNames.Subtree("fed", 1, 1, RoundPhase.Fit, new SelectionRange(64, 64)), part, Cancel);

        var round = await FindAsync(federation, Attempt("5-round-1-1", RoundProgress.Training));

        Assert.Equal((64, 236), (round?.Clients?.Succeeded, round?.Clients?.Outstanding));
        Assert.Empty(round!.Clients!.WaitingFor);
    }

    [Fact]
    public async Task It_tells_of_the_newest_attempt_and_of_nothing_that_an_earlier_one_did()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2 });
        await federation.SelectAsync();
        await federation.PutCohortAsync(0, Trained("client-0"));
        var first = Attempt("5-round-1-1", RoundProgress.Recording);
        var second = Attempt("5-round-1-2", RoundProgress.Training) with { CreatedAt = Since.AddHours(1) };

        var round = await FindAsync(federation, second, first);

        Assert.Equal((2, 0), (round?.Attempt, round?.Clients?.Succeeded));
    }

    [Theory]
    [InlineData(RoundProgress.Selecting)]
    [InlineData(RoundProgress.Training)] // the selection may be deleted with a purge
    [InlineData(RoundProgress.Recording)]
    public async Task It_counts_nobody_where_nobody_is_at_work(string step)
    {
        using var federation = await TemporaryFederation.CreateAsync();

        var round = await FindAsync(federation, Attempt("5-round-3-1", step));

        Assert.Equal((3, step, null), (round?.Round, round?.Step, round?.Clients));
    }

    [Fact]
    public async Task There_is_none_between_two_rounds()
    {
        using var federation = await TemporaryFederation.CreateAsync();

        Assert.Null(await FindAsync(federation));
    }

    [Fact]
    public async Task However_many_ask_it_is_looked_at_once_a_second_and_a_part_that_is_done_is_not_read_again()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2, CohortSize = 1 });
        await federation.SelectAsync();
        await federation.PutCohortAsync(0, Trained("client-0"));
        var (time, looks) = (new FakeTimeProvider(), 0);
        var watch = new RoundWatch(federation.Store, ListAsync, time);

        var first = await watch.FindAsync(SpecOf(federation), Cancel);
        await federation.PutCohortAsync(1, Trained("client-1"));
        await federation.Store.DeleteAsync(ArtifactNames.Cohort("fed", 1, 1, RoundPhase.Fit, 0), Cancel); // nobody could read it again
        var again = await watch.FindAsync(SpecOf(federation), Cancel);
        time.Advance(TimeSpan.FromSeconds(1));
        var later = await watch.FindAsync(SpecOf(federation), Cancel);

        Assert.Equal((1, 1, 2), (first?.Clients?.Succeeded, again?.Clients?.Succeeded, later?.Clients?.Succeeded));
        Assert.Equal(2, looks);

        Task<OrchestrationPage> ListAsync(OrchestrationQuery query, CancellationToken cancellationToken)
        {
            looks++;
            return Task.FromResult(new OrchestrationPage([Attempt("5-round-1-1", RoundProgress.Training)], ContinuationToken: null));
        }
    }

    [Fact]
    public async Task It_names_who_takes_much_longer_than_those_behind_him_did_who_have_ended()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 5, CohortSize = 1 });
        await federation.SelectAsync();
        await PutTrainedAsync(federation, 0, begun: 0, seconds: 2);
        await PutTrainedAsync(federation, 2, begun: 1, seconds: 1);
        await PutTrainedAsync(federation, 3, begun: 2, seconds: 2); // so client-1 has begun by the first second, and client-4 can't have

        Assert.Null((await LookAsync(federation, second: 6.9))!.Slow); // a median of 2 s: 6 s are slow
        var slow = Assert.Single((await LookAsync(federation, second: 7))!.Slow!);

        Assert.Equivalent(new SlowClients(["client-1"], 6, 2), slow);
    }

    [Fact]
    public async Task Those_who_may_still_wait_for_their_turn_are_not_slow_while_another_federation_is_worked_on()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 4, CohortSize = 1 });
        await federation.SelectAsync();
        await PutTrainedAsync(federation, 0, begun: 0, seconds: 1);
        await PutTrainedAsync(federation, 1, begun: 1, seconds: 1); // one at a time: at second 2 client-2 has begun, or somebody else's client

        var alone = Assert.Single((await LookAsync(federation, second: 12))!.Slow!);

        Assert.Equivalent(new SlowClients(["client-2"], 10, 1), alone);
        Assert.Null((await LookAsync(federation, second: 12, federations: 2))!.Slow);
    }

    [Fact]
    public async Task The_time_before_the_process_began_that_is_at_work_does_not_count()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2, CohortSize = 1 });
        await federation.SelectAsync();
        await PutTrainedAsync(federation, 1, begun: 0, seconds: 1);

        Assert.Null((await LookAsync(federation, second: 100, since: 98))!.Slow);
        Assert.Equal(12, Assert.Single((await LookAsync(federation, second: 110, since: 98))!.Slow!).Seconds);
    }

    [Fact]
    public async Task Of_a_cohort_nobody_knows_who_of_it_is_slow()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 4, CohortSize = 2 });
        await federation.SelectAsync();
        await federation.PutCohortAsync(2, Trained("client-2") with { StartedAt = Since }, Trained("client-3") with { StartedAt = Since.AddSeconds(1) });

        var slow = Assert.Single((await LookAsync(federation, second: 6))!.Slow!);

        Assert.Equivalent(new SlowClients(["client-0", "client-1"], 6, 2), slow);
    }

    [Fact]
    public async Task A_site_is_slow_by_when_its_worker_took_the_work_and_silent_by_when_it_was_last_heard_of()
    {
        using var federation = await TemporaryFederation.CreateAsync(
            new FederationSpec { Clients = 3, CohortSize = 1, Data = "sites:client-0,client-1,client-2" });
        await federation.SelectAsync();
        await federation.PutCohortAsync(0, Trained("client-0") with { StartedAt = Since.AddDays(-3) }); // by a clock that is wrong
        var signs = new Signs(
            new OpenWork(WorkOf(1), "client-1", Since.AddSeconds(10), Since.AddSeconds(30)),
            new OpenWork(WorkOf(2), "client-2", TakenAt: null, Since));

        var soon = await LookAsync(federation, second: 12, signs: signs);
        var later = await LookAsync(federation, second: 24, signs: signs);

        Assert.Equal((null, null), (soon!.Slow, soon.Silent));
        Assert.Equivalent(new SlowClients(["client-1"], 14, 1), Assert.Single(later!.Slow!));
        Assert.Equivalent(new SilentWorker(["client-2"], "client-2", 24), Assert.Single(later.Silent!));
        Assert.Equal("fed:1-1:fit-", signs.Asked);
        Assert.Null((await LookAsync(federation, second: 60, since: 0, signs: signs))!.Silent); // the host has just come back, and workers may wait a minute
        Assert.Equal(["client-1", "client-2"], (await LookAsync(federation, second: 64, since: 0, signs: signs))!.Silent!.Select(silent => silent.Worker));
    }

    [Fact]
    public async Task A_worker_that_is_known_to_be_gone_is_silent_at_once_and_is_not_said_to_be_at_work()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2, CohortSize = 1, Data = "sites:client-0,client-1" });
        await federation.SelectAsync();
        await federation.PutCohortAsync(0, Trained("client-0") with { StartedAt = Since });
        var signs = new Signs(new OpenWork(WorkOf(1), "client-1", Since, Since.AddSeconds(20), IsGone: true));

        var clients = await LookAsync(federation, second: 24, since: 0, signs: signs);

        Assert.Equivalent(new SilentWorker(["client-1"], "client-1", 4), Assert.Single(clients!.Silent!));
        Assert.Null(clients.Slow);
    }

    [Fact]
    public async Task Work_that_no_worker_of_the_pool_asks_for_is_told_of_once()
    {
        using var federation = await TemporaryFederation.CreateAsync(
            new FederationSpec { Clients = 3, CohortSize = 1, Placement = new PlacementOptions(PlacementOptions.Pool) });
        await federation.SelectAsync();

        var clients = await LookAsync(federation, second: 1, signs: new Signs([.. Enumerable.Range(0, 3).Select(first => new OpenWork(WorkOf(first), Worker: null, TakenAt: null, HeardAt: null))]));

        Assert.Equivalent(new SilentWorker(["client-0", "client-1", "client-2"], Worker: null, Seconds: null), Assert.Single(clients!.Silent!));
    }

    private static string WorkOf(int client) => WorkNames.Work("fed", 1, 1, RoundPhase.Fit, client, 1);

    private static Task PutTrainedAsync(TemporaryFederation federation, int client, double begun, double seconds) =>
        federation.PutCohortAsync(client, Trained($"client-{client}") with { Seconds = seconds, StartedAt = Since.AddSeconds(begun) });

    /// <summary>What can be told of the clients at a time, by seconds from the round's beginning.</summary>
    private static async Task<ClientsInProgress?> LookAsync(
        TemporaryFederation federation, double second, double? since = null, int federations = 1, IWorkSigns? signs = null)
    {
        return (await new RoundWatch(
            federation.Store, ListAsync, new FakeTimeProvider(Since.AddSeconds(second)), signs, since is { } began ? Since.AddSeconds(began) : null).FindAsync(SpecOf(federation), Cancel))?.Clients;

        Task<OrchestrationPage> ListAsync(OrchestrationQuery query, CancellationToken cancellationToken) => Task.FromResult(new OrchestrationPage(
            query.OrchestratorName == Orchestrations.Federation.Name
                ? [.. Enumerable.Repeat(Attempt("federation", RoundProgress.Training), federations)]
                : [Attempt("5-round-1-1", RoundProgress.Training)],
            ContinuationToken: null));
    }

    /// <summary>What is heard of workers.</summary>
    private sealed class Signs(params IReadOnlyList<OpenWork> open) : IWorkSigns
    {
        public string? Asked { get; private set; }

        public Task<IReadOnlyList<OpenWork>> ListOpenAsync(string prefix, CancellationToken cancellationToken)
        {
            Asked = prefix;
            return Task.FromResult(open);
        }
    }

    private static ResolvedSpec SpecOf(TemporaryFederation federation) => new(
        ResolvedSpec.CurrentVersion, "fed", "none", new DatasetReference("synthetic", "source", "digest"), Initial: null, federation.Spec);

    private static Task<RoundInProgress?> FindAsync(TemporaryFederation federation, params OrchestrationMetadata[] instances)
    {
        return new RoundWatch(federation.Store, ListAsync, TimeProvider.System).FindAsync(SpecOf(federation), Cancel);

        Task<OrchestrationPage> ListAsync(OrchestrationQuery query, CancellationToken cancellationToken)
        {
            Assert.Equal(("fed:", Orchestrations.Round.Name), (query.InstanceIdPrefix, query.OrchestratorName));
            return Task.FromResult(new OrchestrationPage(instances, ContinuationToken: null));
        }
    }

    private static ClientOutcome Trained(string client) => new(client, 10, 1, new Metrics(1, 0.5));

    private static OrchestrationMetadata Attempt(string name, string step, DateTimeOffset? deadline = null) => new(
        Orchestrations.Round.Name, $"fed:{name}", OrchestrationRuntimeStatus.Running, Since, Since,
        ContractJson.Serialize(new RoundProgress(step, Since, deadline)), SerializedOutput: null, FailureReason: null);
}
