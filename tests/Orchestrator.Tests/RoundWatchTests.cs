using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Tests.Support;
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
