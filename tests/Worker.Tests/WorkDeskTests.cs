using FlDurable.LocalHost.Sites;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using FlDurable.Worker.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>What a host does with the ends of work, on a clock of the test's own.</summary>
public sealed class WorkDeskTests : IDisposable
{
    private const string Site = "one";
    private const string First = "fed:1-1:fit-0:1";
    private const string Process = "0123456789abcdef0123456789abcdef";

    private readonly TestFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ToldInstances client = new();
    private readonly WorkDatabase database;
    private readonly SqliteWorkBoard board;
    private readonly FileArtifactStore store;
    private readonly WorkDesk desk;

    public WorkDeskTests()
    {
        database = WorkDatabase.Open(folder["state"]);
        board = new SqliteWorkBoard(database, time);
        store = new FileArtifactStore(folder["state/artifacts"]);
        var sites = new SqliteSiteRegistry(database, time);
        sites.AddKeyAsync(Site, CancellationToken.None).GetAwaiter().GetResult();
        desk = new WorkDesk(store, board, new NetworkRegistry(Array.Empty<Network>()), new WorkBell(), time, NullLogger<WorkDesk>.Instance, sites, client);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Work_that_three_workers_took_and_were_not_heard_of_again_is_a_named_failure()
    {
        await OfferAsync();
        for (var worker = 0; worker < IWorkBoard.MostDeliveries; worker++)
        {
            Assert.NotNull(await LeaseAsync());
            Assert.Empty(client.Events);
            time.Advance(TimeSpan.FromSeconds(60));
        }

        Assert.Null(await LeaseAsync());

        var told = Assert.Single(client.Events);
        Assert.Equal(("fed:1-round-1-1", "work-fit-0-1"), (told.Instance, told.Event));
        var failure = (await store.ReadJsonAsync<PartOutcomes>(told.Result.Manifest, Cancel)).Clients.Single().Failure!;
        Assert.Equal((Site, "TrainClient", "3 workers of the site took it and were not heard of again: it is not given out again"), (failure.Client, failure.Activity, failure.Reason));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // nobody is left who would ask
    public async Task Work_of_the_pool_that_three_workers_took_is_a_named_failure_of_all_its_clients(bool othersAsk)
    {
        var offer = await OfferToPoolAsync();
        for (var worker = 0; worker < IWorkBoard.MostDeliveries; worker++)
        {
            Assert.NotNull(await LeaseInPoolAsync());
            time.Advance(TimeSpan.FromSeconds(60));
        }

        var result = await EndAsync();

        var clients = (await store.ReadJsonAsync<PartOutcomes>(result.Manifest, Cancel)).Clients;
        Assert.Equal(["a", "b"], clients.Select(client => client.Client));
        Assert.All(clients, client => Assert.Equal("3 workers took it and were not heard of again: it is not given out again", client.Failure!.Reason));
        Assert.Equal((0, 2), (result.Succeeded, result.Failed));
        Assert.Null(await LeaseInPoolAsync());

        async Task<PartResult> EndAsync()
        {
            if (!othersAsk)
                return (await LookAsync(offer)).Result!;
            Assert.Null(await LeaseInPoolAsync());
            return Assert.Single(client.Events).Result;
        }
    }

    [Fact]
    public async Task Work_that_nobody_has_taken_is_withdrawn_once_it_has_waited_long_enough()
    {
        var offer = await OfferToPoolAsync();
        Assert.Equal((3600, false), (await LookAsync(offer)) is var waiting ? (waiting.WaitSeconds, waiting.IsTaken) : default);
        Assert.NotNull(await LeaseInPoolAsync());
        Assert.Equal((3600, true), (await LookAsync(offer, endsWaiting: true)) is var taken ? (taken.WaitSeconds, taken.IsTaken) : default);

        var other = await OfferToPoolAsync("fed:1-1:fit-0:2");
        var ended = await LookAsync(other, endsWaiting: true);

        Assert.Equal((0, false), (ended.WaitSeconds, ended.IsTaken));
        Assert.Null(ended.Result);
        Assert.Null(await LeaseInPoolAsync());
    }

    [Theory]
    [InlineData("federations/fed/rounds/000001/record.json")]
    [InlineData("federations/fed/result.json")]
    [InlineData("federations/fed/stop")]
    [InlineData("purged/fed")]
    [InlineData("updates/fed/000001/candidate_1.safetensors")]
    public async Task Work_that_nobody_waits_for_any_more_is_neither_given_out_nor_renewed(string sign)
    {
        await OfferAsync();
        var taken = (await LeaseAsync())!;
        await store.PutAsync(sign, new byte[] { 1 }, Cancel);

        Assert.Null(await desk.RenewAsync(Site, taken.Lease, Cancel));
        Assert.False(await desk.FailAsync(Site, taken.Lease, new("broken"), Cancel));
        await OfferAsync("fed:1-1:fit-0:2");
        Assert.Null(await LeaseAsync());
        Assert.Empty(client.Events);
    }

    [Fact]
    public async Task Work_whose_deadline_has_passed_is_not_given_out()
    {
        await OfferAsync(deadline: time.GetUtcNow().UtcDateTime.AddSeconds(10));
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Null(await LeaseAsync());
    }

    [Fact]
    public async Task Metrics_that_no_client_may_report_are_refused_and_leave_nothing()
    {
        await OfferAsync();
        var taken = (await LeaseAsync())!;
        var many = Enumerable.Range(0, 1500).ToDictionary(number => $"metric-{number}", _ => 0.5, StringComparer.Ordinal);

        await Assert.ThrowsAsync<WorkRefusedException>(() => desk.CompleteAsync(
            Site, taken.Lease, new WorkReport(1, 1, new Metrics(1, 0.5, many), UpdateSha256: null), (use, _) => use(null), Cancel));

        Assert.Empty(client.Events);
        Assert.True(await desk.FailAsync(Site, taken.Lease, new("broken"), Cancel));
        Assert.Single(client.Events);
    }

    [Fact]
    public async Task An_end_that_nobody_was_told_of_is_told_by_whoever_comes_next()
    {
        await OfferAsync();
        var taken = (await LeaseAsync())!;
        client.IsAway = true;
        Assert.True(await desk.FailAsync(Site, taken.Lease, new("broken"), Cancel));
        Assert.Empty(client.Events);

        client.IsAway = false;
        await desk.TellAsync(Cancel);
        await desk.TellAsync(Cancel);

        Assert.Single(client.Events);
        Assert.True(await desk.CountsAsync(Site, taken.Lease, Cancel));
    }

    [Fact]
    public async Task Whoever_waits_for_work_gets_it_as_soon_as_it_is_given_back()
    {
        await OfferAsync();
        var first = (await LeaseAsync())!;
        var waiting = desk.LeaseAsync(Site, Process, request: null, can: null, TimeSpan.FromSeconds(30), Cancel);
        Assert.False(waiting.IsCompleted);

        Assert.True(await desk.GiveBackAsync(Site, first.Lease, Cancel));

        Assert.NotEqual(first.Lease, (await waiting)!.Lease);
    }

    [Fact]
    public void The_bell_rings_for_whom_work_is_and_for_nobody_else()
    {
        var bell = new WorkBell();
        var (one, two, pool) = (bell.NextFor("one"), bell.NextFor("two"), bell.NextFor(WorkOffer.Pool));

        bell.Ring("one");

        Assert.Equal((true, false, false), (one.IsCompleted, two.IsCompleted, pool.IsCompleted));
        Assert.False(bell.NextFor("one").IsCompleted);
    }

    /// <summary>A worker that renewed its lease while its result was on its way was told that the lease is over, and hung up.</summary>
    [Fact]
    public async Task An_end_whose_worker_hung_up_before_it_was_told_is_told_all_the_same()
    {
        await OfferAsync();
        await OfferAsync("fed:1-1:fit-1:1");
        var (first, second) = ((await LeaseAsync())!, (await LeaseAsync())!);
        using var hangsUp = new CancellationTokenSource();
        client.Hold();
        var ending = desk.FailAsync(Site, first.Lease, new("broken"), Cancel);
        var hungUp = desk.FailAsync(Site, second.Lease, new("broken"), hangsUp.Token);
        while (client.Told < 2) // each call tells of the first
            await Task.Delay(1, Cancel);

        await hangsUp.CancelAsync();
        client.GoOn();
        Assert.True(await ending);
        Assert.True(await hungUp);

        Assert.Empty(await board.ListUntoldAsync(Cancel));
        Assert.Equal(2, client.Events.DistinctBy(told => told.Event).Count());
    }

    [Fact]
    public async Task An_end_that_a_stopping_engine_took_no_more_is_told_by_whoever_next_asks_for_work()
    {
        await OfferAsync();
        var taken = (await LeaseAsync())!;
        client.HasStopped = true;
        Assert.True(await desk.FailAsync(Site, taken.Lease, new("broken"), Cancel));
        Assert.Single(await board.ListUntoldAsync(Cancel));

        client.HasStopped = false;
        Assert.Null(await LeaseAsync());

        Assert.Empty(await board.ListUntoldAsync(Cancel));
        Assert.Single(client.Events);
    }

    [Fact]
    public async Task Whoever_has_waited_long_enough_is_told_that_there_is_none()
    {
        var waiting = desk.LeaseAsync(Site, Process, request: null, can: null, TimeSpan.FromSeconds(30), Cancel);
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Null(await waiting);
    }

    private Task<TakenCohort?> LeaseInPoolAsync() =>
        new PoolDesk(desk, board, store, new SqlitePoolRegistry(database, time)).LeaseAsync("gpu", new PoolRequest(WorkProtocol.Version, Process, "1.0"), Cancel);

    private async Task<OfferWorkInput> OfferToPoolAsync(string work = "fed:1-1:fit-0:1")
    {
        var selection = await store.PutJsonAsync("selection.json", new Selection(1, [Client(0, "a"), Client(1, "b")], []), Cancel);
        var cohort = new CohortInput(Artifact("spec"), Round: 1, Attempt: 1, selection, Artifact("global"), First: 0, Count: 2);
        var offer = new OfferWorkInput(work, cohort, RoundPhase.Fit, "fed:1-round-1-1", "work-fit-0-1", 3600);
        await board.OfferAsync(new WorkOffer(WorkOffer.Pool, offer, 60), Cancel);
        return offer;

        static ClientPartition Client(int index, string name) => new(index, name, Artifact(name), 10, 1);
    }

    /// <summary>Looks as the orchestration does.</summary>
    private async Task<OfferedWork> LookAsync(OfferWorkInput offer, bool endsWaiting = false)
    {
        await using var services = new ServiceCollection()
            .AddSingleton<IArtifactStore>(store).AddSingleton<IWorkBoard>(board).AddOfferedWork().BuildServiceProvider();
        var look = services.GetServices<ActivityRegistration>().Single(activity => activity.Name == WorkActivities.LookAtWork.Name);
        return ContractJson.Deserialize<OfferedWork>(await look.RunAsync(services, ContractJson.Serialize(new LookAtWorkInput(offer, endsWaiting)), Cancel));
    }

    private Task<Shared.Work.TakenWork?> LeaseAsync() => desk.LeaseAsync(Site, Process, request: null, can: null, TimeSpan.Zero, Cancel);

    private Task OfferAsync(string work = First, DateTime? deadline = null)
    {
        var cohort = new CohortInput(Artifact("spec"), Round: 1, Attempt: 1, Artifact("selection"), Artifact("global"), First: 0, Count: 1, deadline);
        return board.OfferAsync(new WorkOffer(Site, new OfferWorkInput(work, cohort, RoundPhase.Fit, "fed:1-round-1-1", work == First ? "work-fit-0-1" : $"event of {work}", 3600), 60), Cancel);
    }

    private static ArtifactReference Artifact(string name) => new(name, 1, new string('0', 64));

    /// <summary>Instances that only can be told something.</summary>
    private sealed class ToldInstances : IOrchestrationClient
    {
        public List<(string Instance, string Event, PartResult Result)> Events { get; } = [];

        private TaskCompletionSource goesOn = new();

        public ToldInstances() => GoOn();

        public int Told
        {
            get
            {
                lock (Events)
                    return Events.Count;
            }
        }

        public bool IsAway { get; set; }

        public bool HasStopped { get; set; }

        /// <summary>From now on it takes what it is told and doesn't answer.</summary>
        public void Hold() => goesOn = new();

        public void GoOn() => goesOn.SetResult();

        public async Task RaiseEventAsync<T>(string instanceId, string eventName, T eventPayload, CancellationToken cancellationToken)
        {
            if (IsAway)
                throw new EngineUnavailableException("it is away", new IOException());
            if (HasStopped)
                throw new OperationCanceledException("the engine has stopped");
            lock (Events)
                Events.Add((instanceId, eventName, ContractJson.Deserialize<PartResult>(ContractJson.Serialize(eventPayload))));
            await goesOn.Task.WaitAsync(cancellationToken);
        }

        public Task<bool> ScheduleNewOrchestrationInstanceAsync<TInput, TOutput>(
            OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> RestartFailedInstanceAsync<TInput, TOutput>(
            OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, DateTimeOffset failedAt, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task TerminateInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task SuspendInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task ResumeInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<OrchestrationPage> GetInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
