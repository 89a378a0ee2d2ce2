using System.Globalization;
using System.Net;
using FlDurable.LocalHost.Sites;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using FlDurable.Worker.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>That a host knows within seconds which workers are gone.</summary>
public sealed class WorkerPresenceTests : IDisposable
{
    private const string Site = "hospital-7";
    private const string Prefix = "fed:1-1:fit-";
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestFolder folder = new();
    private readonly FakeTimeProvider time = new(Start);
    private readonly WorkerPresence presence;
    private readonly WorkDatabase database;
    private readonly SqliteWorkBoard board;
    private readonly SqliteSiteRegistry sites;
    private readonly SqlitePoolRegistry pool;
    private readonly PresenceWatch watch;

    public WorkerPresenceTests()
    {
        presence = new WorkerPresence(time);
        database = WorkDatabase.Open(folder["state"]);
        (board, sites, pool) = (new SqliteWorkBoard(database, time), new SqliteSiteRegistry(database, time), new SqlitePoolRegistry(database, time));
        watch = Watch(presence);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void A_worker_is_there_while_it_waits_and_while_it_renews_and_gone_soon_after()
    {
        using (presence.Attend(Site, isOften: true))
        {
            Pass(seconds: 60);
            Assert.Null(presence.Look()[Site]);
        }

        for (var renewal = 0; renewal < 10; renewal++)
        {
            Pass(WorkProtocol.RenewEvery.TotalSeconds);
            Assert.Null(presence.Look()[Site]);
            presence.Hear(Site);
        }

        Pass(WorkerPresence.Silence.TotalSeconds);
        Assert.Null(presence.Look()[Site]);
        Pass(0.5);
        Assert.Equal(WorkerPresence.Silence + TimeSpan.FromSeconds(0.5), presence.Look()[Site]);

        presence.Hear(Site);
        Assert.Null(presence.Look()[Site]);
    }

    [Fact]
    public void A_worker_of_several_slots_is_there_while_one_of_them_waits()
    {
        var first = presence.Attend(Site, isOften: true);
        using (presence.Attend(Site, isOften: true))
        {
            first.Dispose();
            first.Dispose();
            Pass(seconds: 10);
            Assert.Null(presence.Look()[Site]);
        }
    }

    [Fact]
    public void One_of_a_release_that_renews_seldom_is_never_said_to_be_gone()
    {
        presence.Attend(Site, isOften: false).Dispose();
        presence.Hear("of before the host's start");

        Pass(seconds: 30);

        Assert.Equal([null, null], presence.Look().Values);
    }

    [Fact]
    public void A_host_that_stood_still_gives_everybody_time_to_be_heard()
    {
        presence.Attend(Site, isOften: true).Dispose();
        presence.Look();

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(presence.Look()[Site]);
        Pass(WorkerPresence.Silence.TotalSeconds + 0.5);
        Assert.NotNull(presence.Look()[Site]);
    }

    [Fact]
    public void Whoever_comes_and_goes_is_forgotten_after_an_hour()
    {
        presence.Attend("process", isOften: true).Dispose();

        time.Advance(TimeSpan.FromMinutes(61));

        Assert.Empty(presence.Look());
    }

    [Fact]
    public async Task Who_is_gone_is_told_with_its_work_and_in_the_list_until_it_is_there_again()
    {
        await sites.AddKeyAsync(Site, Cancel);
        await sites.ClaimAsync(Site, "process", Cancel);
        await OfferAsync(Site, 3);
        presence.Attend(Site, isOften: true).Dispose();
        Watch(WorkerPresence.Silence.TotalSeconds);
        Assert.False((await FindAsync()).IsGone);

        Watch(0.5);
        Assert.Equal(new OpenWork(WorkOf(3), Site, TakenAt: null, Start, IsGone: true), await FindAsync());
        Assert.True(Assert.Single(await sites.ListAsync(Cancel)).IsGone);

        presence.Hear(Site);
        Watch(0.5);
        Assert.False((await FindAsync()).IsGone);
        Assert.False(Assert.Single(await sites.ListAsync(Cancel)).IsGone);
    }

    /// <summary>The server that wrote it down was killed, and another has the folder.</summary>
    [Fact]
    public async Task Who_was_gone_before_the_hosts_start_is_so_until_it_is_heard_of()
    {
        await OfferAsync(Site, 3);
        presence.Attend(Site, isOften: true).Dispose();
        Watch(10);
        var other = new WorkerPresence(time);
        var next = Watch(other);
        next.Look();
        Assert.True((await FindAsync()).IsGone);

        other.Hear(Site);
        next.Look();

        Assert.False((await FindAsync()).IsGone);
    }

    [Fact]
    public async Task Of_the_pool_whoever_has_work_is_gone_and_before_that_only_all_of_them()
    {
        await OfferAsync(WorkOffer.Pool, 0);
        await pool.AddKeyAsync("gpu", Cancel);
        await pool.SeeAsync("gpu", "one", "build", Cancel);
        await pool.SeeAsync("gpu", "two", "build", Cancel);
        presence.Attend("one", isOften: true).Dispose();
        Watch(4);
        Assert.False((await FindAsync()).IsGone);
        Assert.Equal([true, false], Assert.Single(await pool.ListAsync(Cancel)).Workers.OrderBy(worker => worker.Process).Select(worker => worker.IsGone));

        presence.Attend("two", isOften: true).Dispose();
        Watch(4);
        Assert.Equal(new OpenWork(WorkOf(0), Worker: null, TakenAt: null, Start.AddSeconds(4), IsGone: true), await FindAsync());

        presence.Hear("two");
        Watch(0.5);
        await board.LeaseAsync(WorkOffer.Pool, "two", request: null, can: null, Cancel);
        Assert.Equal(("gpu", false), WorkerOf(await FindAsync()));

        Watch(4);
        Assert.Equal(("gpu", true), WorkerOf(await FindAsync()));
    }

    /// <summary>By a real server, as a worker that is killed leaves it: its connection breaks.</summary>
    [Fact]
    public async Task A_server_names_a_site_whose_worker_was_killed()
    {
        await using var host = await SiteHost.StartAsync();
        await host.AddSiteAsync("a");
        using var stop = new CancellationTokenSource();
        using var caller = host.Caller("a");
        var request = new LeaseRequest(WorkProtocol.Version, new string('1', 32), WaitSeconds: 25, new string('2', 32), new WorkerCapabilities([], [], [], [], []));
        var waiting = caller.PostAsync("/api/work/leases", SiteHost.Body(request), stop.Token);
        await SiteHost.UntilAsync(async () => await StatusAsync() == "asking", host.Log.ToString);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await SiteHost.UntilAsync(async () => await StatusAsync() == "seen, not asking", host.Log.ToString);
        await SiteHost.UntilAsync(() => Task.FromResult(host.Log.ToString().Contains("The worker of a is gone", StringComparison.Ordinal)), host.Log.ToString);
        using var again = await caller.PostAsync("/api/work/leases", SiteHost.Body(request with { WaitSeconds = 0 }), Cancel);
        await SiteHost.UntilAsync(async () => await StatusAsync() == "asking", host.Log.ToString);
        await SiteHost.UntilAsync(() => Task.FromResult(host.Log.ToString().Contains("The worker of a is there again", StringComparison.Ordinal)), host.Log.ToString);

        async Task<string> StatusAsync()
        {
            using var answer = await host.SendAsync(HttpMethod.Get, "/api/sites");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return (await SiteHost.JsonAsync(answer))["sites"]![0]!["status"]!.GetValue<string>();
        }
    }

    private PresenceWatch Watch(WorkerPresence who) => new(who, database, time, NullLogger<PresenceWatch>.Instance);

    private void Pass(double seconds)
    {
        for (var left = seconds; left > 0; left -= 0.5)
        {
            time.Advance(TimeSpan.FromSeconds(Math.Min(left, 0.5)));
            presence.Look();
        }
    }

    private void Watch(double seconds)
    {
        for (var left = seconds; left > 0; left -= 0.5)
        {
            time.Advance(TimeSpan.FromSeconds(Math.Min(left, 0.5)));
            watch.Look();
        }
    }

    private static (string? Worker, bool IsGone) WorkerOf(OpenWork offer) => (offer.Worker, offer.IsGone);

    private async Task<OpenWork> FindAsync() => Assert.Single(await new SqliteWorkSigns(folder["state"]).ListOpenAsync(Prefix, Cancel));

    private static string WorkOf(int first) => string.Create(CultureInfo.InvariantCulture, $"fed:1-1:fit-{first}:1");

    private Task OfferAsync(string site, int first)
    {
        var nothing = new ArtifactReference("nothing", 0, "");
        return board.OfferAsync(
            new WorkOffer(
                site, new OfferWorkInput(WorkOf(first), new CohortInput(nothing, 1, 1, nothing, nothing, first, 1), RoundPhase.Fit, "instance", "event", AttemptSeconds: 3600), LeaseSeconds: 60),
            Cancel);
    }
}
