using FlDurable.LocalHost.Sites;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using FlDurable.Worker.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>What the server of a state folder hears of workers.</summary>
public sealed class SqliteWorkSignsTests : IDisposable
{
    private const string Site = "hospital-7";
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private const string Prefix = "fed:1-1:fit-";

    private readonly TestFolder folder = new();
    private readonly FakeTimeProvider time = new(Start);
    private readonly WorkDatabase database;
    private readonly SqliteWorkBoard board;
    private readonly SqliteSiteRegistry sites;
    private readonly SqlitePoolRegistry pool;
    private readonly SqliteWorkSigns signs;

    public SqliteWorkSignsTests()
    {
        database = WorkDatabase.Open(folder["state"]);
        (board, sites, pool, signs) = (new SqliteWorkBoard(database, time), new SqliteSiteRegistry(database, time), new SqlitePoolRegistry(database, time), new SqliteWorkSigns(folder["state"]));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Where_there_are_no_workers_nothing_is_heard_and_nothing_is_made()
    {
        Assert.Empty(await new SqliteWorkSigns(folder["other"]).ListOpenAsync(Prefix, Cancel));
        Assert.False(Directory.Exists(folder["other"]));
    }

    [Fact]
    public async Task A_site_is_heard_of_when_it_asks_and_when_it_renews_whatever_work_that_is()
    {
        await sites.AddKeyAsync(Site, Cancel);
        await sites.ClaimAsync(Site, "process", Cancel);
        await OfferAsync(Site, "fed", 3);
        Assert.Equal(new OpenWork(WorkOf("fed", 3), Site, TakenAt: null, Start), await FindAsync());

        await OfferAsync(Site, "other", 0);
        time.Advance(TimeSpan.FromSeconds(10));
        var first = (await board.LeaseAsync(Site, "process", request: null, can: null, Cancel))!;
        time.Advance(TimeSpan.FromSeconds(5));
        var other = (await board.LeaseAsync(Site, "process", request: null, can: null, Cancel))!;
        Assert.Equal(new OpenWork(WorkOf("fed", 3), Site, Start.AddSeconds(10), Start.AddSeconds(15)), await FindAsync());

        time.Advance(TimeSpan.FromSeconds(20));
        await board.RenewAsync(Site, other.Id, Cancel);
        Assert.Equal(Start.AddSeconds(35), (await FindAsync()).HeardAt);

        time.Advance(TimeSpan.FromSeconds(5));
        await board.CompleteAsync(Site, first.Id, new PartResult(new ArtifactReference("manifest", 1, "sha"), 1, 0), Cancel);
        Assert.Empty(await signs.ListOpenAsync(Prefix, Cancel));
    }

    /// <summary>However a worker that lives happens to ask, take and renew, it is heard of before it is taken to be silent.</summary>
    [Fact]
    public async Task A_worker_that_lives_is_never_silent()
    {
        await sites.AddKeyAsync(Site, Cancel);
        await OfferAsync(Site, "fed", 3);
        await sites.ClaimAsync(Site, "process", Cancel);
        for (var work = 0; work < 40; work++)
        {
            await sites.ClaimAsync(Site, "process", Cancel);
            for (var waited = 0; waited < work % 5; waited++) // the desk looks each 5 seconds for whoever waits
                await PassAsync(5, () => sites.ClaimAsync(Site, "process", Cancel));
            await OfferAsync(Site, "other", work);
            var lease = (await board.LeaseAsync(Site, "process", request: null, can: null, Cancel))!;
            if (lease.Offer.Input.Work.StartsWith("fed", StringComparison.Ordinal))
                lease = (await board.LeaseAsync(Site, "process", request: null, can: null, Cancel))!;
            for (var renewals = 0; renewals < work % 3; renewals++)
                await PassAsync(20, () => RenewAsync(lease));
            await PassAsync((work * 7) % 20, () => board.CompleteAsync(Site, lease.Id, new PartResult(new ArtifactReference("manifest", 1, "sha"), 1, 0), Cancel));
        }

        async Task RenewAsync(WorkLease lease) // as the desk does
        {
            await sites.ClaimAsync(Site, lease.Process, Cancel);
            await board.RenewAsync(Site, lease.Id, Cancel);
        }

        async Task PassAsync(int seconds, Func<Task> act)
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            Assert.True(time.GetUtcNow() - (await FindAsync()).HeardAt < IWorkSigns.Silence, $"{await FindAsync()} at {time.GetUtcNow() - Start}");
            await act();
        }
    }

    [Fact]
    public async Task Of_the_pool_whoever_has_work_is_named_by_its_key_and_before_that_anybody_counts()
    {
        await OfferAsync(WorkOffer.Pool, "fed", 0);
        Assert.Equal(new OpenWork(WorkOf("fed", 0), Worker: null, TakenAt: null, HeardAt: null), await FindAsync());

        await pool.AddKeyAsync("gpu-1", Cancel);
        await pool.SeeAsync("gpu-1", "process", "build", Cancel);
        Assert.Equal(new OpenWork(WorkOf("fed", 0), Worker: null, TakenAt: null, Start), await FindAsync());

        time.Advance(TimeSpan.FromSeconds(10));
        await board.LeaseAsync(WorkOffer.Pool, "process", request: null, can: null, Cancel);
        time.Advance(TimeSpan.FromMinutes(5)); // the lease is over, and nobody else has taken the work
        Assert.Equal(new OpenWork(WorkOf("fed", 0), "gpu-1", Start.AddSeconds(10), Start.AddSeconds(10)), await FindAsync());
    }

    private async Task<OpenWork> FindAsync() => Assert.Single(await signs.ListOpenAsync(Prefix, Cancel));

    private static string WorkOf(string federation, int first) => $"{federation}:1-1:fit-{first}:1";

    private Task OfferAsync(string site, string federation, int first)
    {
        var nothing = new ArtifactReference("nothing", 0, "");
        return board.OfferAsync(
            new WorkOffer(
                site,
                new OfferWorkInput(
                    WorkOf(federation, first), new CohortInput(nothing, 1, 1, nothing, nothing, first, 1), RoundPhase.Fit, "instance", "event", AttemptSeconds: 3600),
                LeaseSeconds: 60),
            Cancel);
    }
}
