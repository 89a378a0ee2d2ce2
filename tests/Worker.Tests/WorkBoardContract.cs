using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>What every work board promises.</summary>
public abstract class WorkBoardContract
{
    private const string Site = "hospital-7";
    private const string Process = "0123456789abcdef0123456789abcdef";
    private static readonly string Request = new('1', 32);

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private protected abstract IWorkBoard Board { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_is_leased_to_its_site_alone_and_to_one_worker_at_a_time()
    {
        await OfferAsync("a");

        Assert.Null(await Board.LeaseAsync("clinic-2", Process, request: null, can: null, Cancel));
        var lease = await LeaseAsync();
        Assert.Equal(("a", 60), (lease.Offer.Input.Work, lease.Seconds));
        Assert.Null(await Board.LeaseAsync(Site, Process, request: null, can: null, Cancel));
    }

    [Fact]
    public async Task Work_is_leased_in_the_order_in_which_it_was_offered()
    {
        foreach (var work in (string[])["b", "a", "c"])
            await OfferAsync(work);

        Assert.Equal(["b", "a", "c"], [(await LeaseAsync()).Offer.Input.Work, (await LeaseAsync()).Offer.Input.Work, (await LeaseAsync()).Offer.Input.Work]);
    }

    [Fact]
    public async Task Whoever_asks_again_by_the_same_request_has_the_lease_that_it_was_given()
    {
        await OfferAsync("a");
        await OfferAsync("b");
        var lease = (await Board.LeaseAsync(Site, Process, Request, can: null, Cancel))!;

        Assert.Equal(lease.Id, (await Board.LeaseAsync(Site, Process, Request, can: null, Cancel))!.Id);
        var other = (await Board.LeaseAsync(Site, Process, new string('2', 32), can: null, Cancel))!;
        Assert.Equal("b", other.Offer.Input.Work);
        Assert.Null(await Board.LeaseAsync(Site, new string('9', 32), Request, can: null, Cancel)); // another process's is another
        Assert.True(await Board.CompleteAsync(Site, lease.Id, Result("first"), Cancel));
        Assert.Null(await Board.LeaseAsync(Site, Process, Request, can: null, Cancel));
        Assert.True(await Board.GiveBackAsync(Site, other.Id, isDelivery: false, Cancel));
        Assert.NotEqual(other.Id, (await Board.LeaseAsync(Site, Process, new string('2', 32), can: null, Cancel))!.Id);
    }

    [Fact]
    public async Task Answers_that_are_lost_count_for_one_delivery_however_many()
    {
        await OfferAsync("a");
        for (var time = 0; time < 2 * IWorkBoard.MostDeliveries; time++)
            await Board.LeaseAsync(Site, Process, Request, can: null, Cancel);
        Time.Advance(TimeSpan.FromSeconds(60));

        Assert.Empty(await Board.ListSpentAsync(Site, Cancel));
        Assert.NotNull(await Board.LeaseAsync(Site, Process, Request, can: null, Cancel));
    }

    [Fact]
    public async Task An_offer_that_is_made_twice_is_one()
    {
        await OfferAsync("a");
        var lease = await LeaseAsync();
        await OfferAsync("a");

        Assert.Null(await Board.LeaseAsync(Site, Process, request: null, can: null, Cancel));
        Assert.True(await Board.CompleteAsync(Site, lease.Id, Result("first"), Cancel));
        await OfferAsync("a");
        Assert.Equal(Result("first"), (await Board.FindAsync("a", Cancel))!.Result);
    }

    [Fact]
    public async Task A_lease_that_is_not_renewed_expires_and_its_worker_completes_nothing()
    {
        await OfferAsync("a");
        var lease = await LeaseAsync();
        Time.Advance(TimeSpan.FromSeconds(60));

        Assert.Null(await Board.FindLeaseAsync(Site, lease.Id, Cancel));
        Assert.Null(await Board.RenewAsync(Site, lease.Id, Cancel));
        Assert.False(await Board.CompleteAsync(Site, lease.Id, Result("late"), Cancel));
        Assert.False(await Board.GiveBackAsync(Site, lease.Id, isDelivery: false, Cancel));
        var next = await LeaseAsync();
        Assert.NotEqual(lease.Id, next.Id);
        Assert.False(await Board.CompleteAsync(Site, lease.Id, Result("late"), Cancel));
        Assert.True(await Board.CompleteAsync(Site, next.Id, Result("second"), Cancel));
    }

    [Fact]
    public async Task A_lease_that_is_renewed_lasts()
    {
        await OfferAsync("a");
        var lease = await LeaseAsync();
        for (var renewal = 0; renewal < 5; renewal++)
        {
            Time.Advance(TimeSpan.FromSeconds(50));
            Assert.Equal(60, await Board.RenewAsync(Site, lease.Id, Cancel));
        }

        Assert.Null(await Board.LeaseAsync(Site, Process, request: null, can: null, Cancel));
        Assert.True(await Board.CompleteAsync(Site, lease.Id, Result("first"), Cancel));
    }

    [Fact]
    public async Task No_renewal_goes_beyond_the_time_of_the_work()
    {
        await OfferAsync("a", attemptSeconds: 100);
        var lease = await LeaseAsync();
        Time.Advance(TimeSpan.FromSeconds(55));
        Assert.Equal(45, await Board.RenewAsync(Site, lease.Id, Cancel));
        Time.Advance(TimeSpan.FromSeconds(45));

        Assert.Null(await Board.RenewAsync(Site, lease.Id, Cancel));
        Assert.Null(await Board.LeaseAsync(Site, Process, request: null, can: null, Cancel));
        Assert.Equal(0, (await Board.FindAsync("a", Cancel))!.SecondsLeft);
    }

    [Fact]
    public async Task Work_whose_time_is_over_keeps_nobody_from_other_work()
    {
        await OfferAsync("a", attemptSeconds: 10);
        await LeaseAsync();
        await OfferAsync("b");
        Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("b", (await LeaseAsync()).Offer.Input.Work);
    }

    [Fact]
    public async Task The_time_of_work_begins_when_it_is_taken()
    {
        await OfferAsync("a", attemptSeconds: 100);
        Time.Advance(TimeSpan.FromHours(5));
        Assert.Null((await Board.FindAsync("a", Cancel))!.SecondsLeft);
        await LeaseAsync();

        Assert.Equal(100, (await Board.FindAsync("a", Cancel))!.SecondsLeft);
    }

    [Fact]
    public async Task The_first_completion_counts_and_may_be_said_again()
    {
        await OfferAsync("a");
        var lease = await LeaseAsync();

        Assert.True(await Board.CompleteAsync(Site, lease.Id, Result("first"), Cancel));
        Assert.True(await Board.CompleteAsync(Site, lease.Id, Result("another"), Cancel));
        Assert.True(await Board.CountsAsync(Site, lease.Id, Cancel));
        Assert.Equal(Result("first"), (await Board.FindAsync("a", Cancel))!.Result);
        Assert.Null(await Board.LeaseAsync(Site, Process, request: null, can: null, Cancel));
        Assert.False(await Board.GiveBackAsync(Site, lease.Id, isDelivery: false, Cancel));
    }

    [Fact]
    public async Task A_lease_is_of_no_use_to_another_site()
    {
        await OfferAsync("a");
        var lease = await LeaseAsync();

        Assert.Null(await Board.FindLeaseAsync("clinic-2", lease.Id, Cancel));
        Assert.Null(await Board.RenewAsync("clinic-2", lease.Id, Cancel));
        Assert.False(await Board.CompleteAsync("clinic-2", lease.Id, Result("forged"), Cancel));
        Assert.False(await Board.GiveBackAsync("clinic-2", lease.Id, isDelivery: false, Cancel));
        Assert.False(await Board.CountsAsync("clinic-2", lease.Id, Cancel));
        Assert.Null((await Board.FindAsync("a", Cancel))!.Result);
    }

    [Fact]
    public async Task Work_that_is_given_back_is_given_out_again_as_often_as_that_happens()
    {
        await OfferAsync("a");
        for (var time = 0; time < 5; time++)
            Assert.True(await Board.GiveBackAsync(Site, (await LeaseAsync()).Id, isDelivery: false, Cancel));

        Assert.Empty(await Board.ListSpentAsync(Site, Cancel));
        Assert.Equal("a", (await LeaseAsync()).Offer.Input.Work);
    }

    [Fact]
    public async Task Work_that_failed_where_it_was_counts_as_delivered()
    {
        await OfferAsync("a");
        for (var time = 0; time < IWorkBoard.MostDeliveries; time++)
        {
            Assert.Empty(await Board.ListSpentAsync(Site, Cancel));
            Assert.True(await Board.GiveBackAsync(Site, (await LeaseAsync()).Id, isDelivery: true, Cancel));
        }

        Assert.Null(await Board.LeaseAsync(Site, Process, request: null, can: null, Cancel));
        Assert.Equal("a", Assert.Single(await Board.ListSpentAsync(Site, Cancel)).Input.Work);
    }

    [Fact]
    public async Task Work_is_leased_to_a_worker_that_can_do_it_and_what_others_can_not_is_told_with_the_reason()
    {
        await OfferAsync("a", needs: Needs("torch"));
        await OfferAsync("b", needs: Needs("lanes"));

        Assert.Empty(await Board.ListRefusedAsync(Cancel));
        Assert.Equal("b", (await Board.LeaseAsync(Site, Process, request: null, Can("lanes"), Cancel))!.Offer.Input.Work);
        Assert.Null(await Board.LeaseAsync(Site, Process, request: null, Can("lanes"), Cancel));
        var refused = Assert.Single(await Board.ListRefusedAsync(Cancel));
        Assert.Equal(("a", "it has no engine 'torch'"), (refused.Offer.Input.Work, refused.Why));
        Assert.Equal("a", (await Board.LeaseAsync(Site, Process, request: null, Can("torch"), Cancel))!.Offer.Input.Work);
        Assert.Empty(await Board.ListRefusedAsync(Cancel));
    }

    [Fact]
    public async Task A_worker_that_does_not_say_what_it_can_do_is_given_what_there_is_and_one_that_does_what_needs_nothing_that_is_known()
    {
        await OfferAsync("a", needs: Needs("torch"));
        await OfferAsync("b");

        Assert.Equal("b", (await Board.LeaseAsync(Site, Process, request: null, Can("lanes"), Cancel))!.Offer.Input.Work);
        Assert.Equal("a", (await LeaseAsync()).Offer.Input.Work);
    }

    [Fact]
    public async Task That_a_worker_could_not_do_something_is_forgotten_when_it_asks_no_more()
    {
        await OfferAsync("a", needs: Needs("torch"));
        await Board.LeaseAsync(Site, Process, request: null, Can("lanes"), Cancel);
        Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Single(await Board.ListRefusedAsync(Cancel));
        await Board.LeaseAsync(Site, Process, request: null, Can("lanes"), Cancel);
        Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Single(await Board.ListRefusedAsync(Cancel));
        Time.Advance(TimeSpan.FromSeconds(60));

        Assert.Empty(await Board.ListRefusedAsync(Cancel));
        await Board.LeaseAsync(Site, Process, request: null, Can("lanes"), Cancel);
        await Board.WithdrawAsync("a", Cancel);
        Assert.Empty(await Board.ListRefusedAsync(Cancel));
    }

    [Fact]
    public async Task Work_of_the_pool_is_no_sites_and_that_of_a_site_is_not_the_pools()
    {
        await OfferAsync("a");
        await OfferAsync("b", site: WorkOffer.Pool);

        Assert.Equal("b", (await Board.LeaseAsync(WorkOffer.Pool, Process, request: null, can: null, Cancel))!.Offer.Input.Work);
        Assert.Null(await Board.LeaseAsync(WorkOffer.Pool, Process, request: null, can: null, Cancel));
        Assert.Equal("a", (await LeaseAsync()).Offer.Input.Work);
    }

    [Fact]
    public async Task Work_that_three_workers_took_and_none_ended_is_spent()
    {
        await OfferAsync("a");
        for (var time = 0; time < IWorkBoard.MostDeliveries; time++)
        {
            Assert.Empty(await Board.ListSpentAsync(Site, Cancel));
            await LeaseAsync();
            Time.Advance(TimeSpan.FromSeconds(60));
        }

        Assert.Null(await Board.LeaseAsync(Site, Process, request: null, can: null, Cancel));
        Assert.Empty(await Board.ListSpentAsync("clinic-2", Cancel));
        Assert.Equal("a", Assert.Single(await Board.ListSpentAsync(Site, Cancel)).Input.Work);
        Assert.True((await Board.FindAsync("a", Cancel))!.IsSpent);
        await Board.EndAsync("a", Result("poison"), Cancel);
        Assert.Empty(await Board.ListSpentAsync(Site, Cancel));
        Assert.Equal(Result("poison"), (await Board.FindAsync("a", Cancel))!.Result);
    }

    [Fact]
    public async Task Work_is_not_spent_while_its_third_worker_has_it()
    {
        await OfferAsync("a");
        await LeaseAsync();
        Time.Advance(TimeSpan.FromSeconds(60));
        await LeaseAsync();
        Time.Advance(TimeSpan.FromSeconds(60));
        var third = await LeaseAsync();

        Assert.Empty(await Board.ListSpentAsync(Site, Cancel));
        Assert.False((await Board.FindAsync("a", Cancel))!.IsSpent);
        Assert.True(await Board.CompleteAsync(Site, third.Id, Result("third"), Cancel));
    }

    [Fact]
    public async Task Withdrawn_work_is_nobodys()
    {
        await OfferAsync("a");
        await OfferAsync("b");
        var lease = await LeaseAsync();
        await Board.WithdrawAsync("a", Cancel);
        await Board.WithdrawAsync("b", Cancel);
        await Board.WithdrawAsync("unknown", Cancel);

        Assert.Null(await Board.RenewAsync(Site, lease.Id, Cancel));
        Assert.False(await Board.CompleteAsync(Site, lease.Id, Result("late"), Cancel));
        Assert.Null(await Board.LeaseAsync(Site, Process, request: null, can: null, Cancel));
        Assert.True((await Board.FindAsync("b", Cancel))!.IsWithdrawn);
        await Board.EndAsync("b", Result("late"), Cancel);
        Assert.Null((await Board.FindAsync("b", Cancel))!.Result);
    }

    [Fact]
    public async Task What_came_of_work_is_not_withdrawn()
    {
        await OfferAsync("a");
        await Board.CompleteAsync(Site, (await LeaseAsync()).Id, Result("first"), Cancel);
        await Board.WithdrawAsync("a", Cancel);

        Assert.Equal(new WorkStatus(Result("first"), IsWithdrawn: false, 3600), await Board.FindAsync("a", Cancel));
    }

    [Fact]
    public async Task Every_end_is_told_until_it_is_marked_so()
    {
        await OfferAsync("a");
        await OfferAsync("b");
        await Board.CompleteAsync(Site, (await LeaseAsync()).Id, Result("a"), Cancel);
        await Board.CompleteAsync(Site, (await LeaseAsync()).Id, Result("b"), Cancel);

        Assert.Equal(["a", "b"], (await Board.ListUntoldAsync(Cancel)).Select(ended => ended.Offer.Input.Work).Order());
        await Board.MarkToldAsync("a", Cancel);
        Assert.Equal(Result("b"), Assert.Single(await Board.ListUntoldAsync(Cancel)).Result);
    }

    [Fact]
    public async Task What_was_never_offered_is_not_there()
    {
        Assert.Null(await Board.FindAsync("a", Cancel));
        Assert.Null(await Board.LeaseAsync(Site, Process, request: null, can: null, Cancel));
        Assert.Null(await Board.FindLeaseAsync(Site, new string('0', 32), Cancel));
        Assert.False(await Board.CompleteAsync(Site, new string('0', 32), Result("forged"), Cancel));
    }

    [Fact]
    public async Task Of_many_who_ask_at_once_one_gets_the_work()
    {
        await OfferAsync("a");

        var leases = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Board.LeaseAsync(Site, Process, request: null, can: null, Cancel))));

        Assert.Single(leases, lease => lease is not null);
    }

    private static WorkerCapabilities Can(string engine) => new([engine], ["cifar10-cnn"], [], [], []);

    private static WorkRequirements Needs(string engine) => new(engine, "cifar10-cnn", [], [], []);

    private Task OfferAsync(string work, int attemptSeconds = 3600, string site = Site, WorkRequirements? needs = null)
    {
        var cohort = new CohortInput(Artifact("spec"), Round: 1, Attempt: 1, Artifact("selection"), Artifact("global"), First: 0, Count: 1, Time.GetUtcNow().UtcDateTime.AddDays(1));
        return Board.OfferAsync(
            new WorkOffer(site, new OfferWorkInput(work, cohort, RoundPhase.Fit, "fed:1-round-1-1", "work-fit-0-1", attemptSeconds), Math.Min(60, attemptSeconds), needs), Cancel);
    }

    private async Task<WorkLease> LeaseAsync() => await Board.LeaseAsync(Site, Process, request: null, can: null, Cancel) ?? throw new InvalidOperationException("there is no work");

    private static PartResult Result(string name) => new(Artifact(name), Succeeded: 1);

    private static ArtifactReference Artifact(string name) => new(name, 1, new string('0', 64));
}
