using System.Globalization;
using Azure.Storage.Queues;
using FlDurable.Azurite;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>The board of a storage account, on Azurite: what every board promises on a clock of the test's own, and what its queues and its clock do.</summary>
public sealed class QueueWorkBoardTests(QueueStorage storage) : WorkBoardContract, IClassFixture<QueueStorage>
{
    private const string Site = "site";
    private const string RacesVariable = "FLDURABLE_RACES";
    private const int UsualRaces = 40;

    private static readonly string Process = new('0', 32);
    private static int accounts;

    private readonly string name = string.Create(CultureInfo.InvariantCulture, $"work-{Interlocked.Increment(ref accounts)}");

    private QueueWorkBoard? board;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected override IWorkBoard Board => board ??= new QueueWorkBoard(Account(), Time) { KeepsAccountsTime = false };

    [Fact]
    public async Task Work_whose_worker_was_not_heard_of_again_comes_back_by_its_queue()
    {
        var real = Real();
        await real.OfferAsync(Offer("a", leaseSeconds: 1), Cancel);
        var first = (await real.LeaseAsync(Site, Process, request: null, can: null, Cancel))!;
        Assert.Null(await real.LeaseAsync(Site, Process, request: null, can: null, Cancel));
        WorkLease? second = null;
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (second is null && await poll.WaitForNextTickAsync(Cancel))
            second = await real.LeaseAsync(Site, new string('1', 32), request: null, can: null, Cancel);

        Assert.Null(await real.FindLeaseAsync(Site, first.Id, Cancel));
        Assert.True(await real.CompleteAsync(Site, second!.Id, Result(), Cancel));
    }

    [Fact]
    public async Task Renewals_a_completion_and_a_return_that_race_leave_one_end_and_no_message_of_what_is_over()
    {
        var real = Real();
        var races = Environment.GetEnvironmentVariable(RacesVariable) is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : UsualRaces;
        for (var time = 0; time < races; time++)
        {
            var work = string.Create(CultureInfo.InvariantCulture, $"race-{time}");
            await real.OfferAsync(Offer(work), Cancel);
            var lease = (await real.LeaseAsync(Site, Process, request: null, can: null, Cancel))!;
            for (var renewal = 0; renewal < 3; renewal++)
                Assert.NotNull(await real.RenewAsync(Site, lease.Id, Cancel));

            var renewing = real.RenewAsync(Site, lease.Id, Cancel);
            var returning = time % 2 == 0 ? real.GiveBackAsync(Site, lease.Id, isDelivery: false, Cancel) : Task.FromResult(false);
            var completing = real.CompleteAsync(Site, lease.Id, Result(), Cancel);
            await Task.WhenAll(renewing, returning, completing);

            Assert.NotEqual(await returning, await completing);
            Assert.Equal(await completing, (await real.FindAsync(work, Cancel))!.Result is not null);
            if (await returning)
            {
                var next = (await real.LeaseAsync(Site, Process, request: null, can: null, Cancel))!; // at once, whatever hid its message
                Assert.Equal(work, next.Offer.Input.Work);
                Assert.True(await real.CompleteAsync(Site, next.Id, Result(), Cancel));
            }
            else
            {
                Assert.Null(await real.LeaseAsync(Site, Process, request: null, can: null, Cancel));
                Assert.Equal(0, await CountAsync(OfSite));
            }

            await Queue(OfSite).ClearMessagesAsync(Cancel);
        }
    }

    [Fact]
    public async Task Messages_do_not_expire_and_say_nothing_but_that_there_is_work()
    {
        var real = Real();
        await real.OfferAsync(Offer("secret"), Cancel);
        var offered = (await Queue(OfSite).PeekMessageAsync(Cancel)).Value;
        await real.CompleteAsync(Site, (await real.LeaseAsync(Site, Process, request: null, can: null, Cancel))!.Id, Result(), Cancel);
        var told = (await Queue($"{name}-results").PeekMessageAsync(Cancel)).Value;

        Assert.All([offered, told], message => Assert.True(message.ExpiresOn > DateTimeOffset.UtcNow.AddYears(100)));
        Assert.Equal(OfferBlobs.KeyOf("secret"), offered.MessageText);
        Assert.Contains("\"work\":\"secret\"", told.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_that_was_written_and_not_told_is_told_by_whoever_next_receives_the_message_of_its_work()
    {
        var real = Real();
        await real.OfferAsync(Offer("a", leaseSeconds: 1), Cancel);
        var lease = (await real.LeaseAsync(Site, Process, request: null, can: null, Cancel))!;
        var blobs = new OfferBlobs(Account(), _ => { });
        await blobs.ChangeAsync(OfferBlobs.KeyOf("a"), before => before with { Result = Result() }, Cancel); // and its worker is gone

        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await CountAsync(OfSite) > 0 && await poll.WaitForNextTickAsync(Cancel))
            Assert.Null(await real.LeaseAsync(Site, Process, request: null, can: null, Cancel));

        Assert.Equal(1, await CountAsync($"{name}-results"));
        Assert.True(await real.CountsAsync(Site, lease.Id, Cancel));
        Assert.Equal("a", Assert.Single(await real.ListUntoldAsync(Cancel)).Offer.Input.Work);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Whose_clock_is_an_hour_off_goes_by_the_accounts(int hours)
    {
        var right = Real();
        var off = new QueueWorkBoard(Account(), new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(hours)));
        await right.OfferAsync(Offer("a", leaseSeconds: 1), Cancel);
        await right.OfferAsync(Offer("b"), Cancel);
        var lease = (await right.LeaseAsync(Site, Process, request: null, can: null, Cancel))!;
        var lasting = (await right.LeaseAsync(Site, Process, request: null, can: null, Cancel))!;

        Assert.NotNull(await off.FindLeaseAsync(Site, lasting.Id, Cancel));
        Assert.Equal(60, await off.RenewAsync(Site, lasting.Id, Cancel));
        Assert.InRange((await off.FindAsync("b", Cancel))!.SecondsLeft!.Value, 3590, 3602);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await off.FindLeaseAsync(Site, lease.Id, Cancel) is not null)
            await poll.WaitForNextTickAsync(Cancel);
    }

    [Fact]
    public async Task What_is_written_again_because_no_answer_came_is_written()
    {
        var blobs = new OfferBlobs(Account(), _ => { });
        var offered = new OfferState(Offer("a"));

        Assert.True(await blobs.TryWriteAsync("0123456789abcdef", offered, tag: null, Cancel));
        Assert.True(await blobs.TryWriteAsync("0123456789abcdef", offered, tag: null, Cancel));
        Assert.False(await blobs.TryWriteAsync("0123456789abcdef", offered with { Deliveries = 1 }, tag: null, Cancel));
    }

    [Fact]
    public async Task Neither_a_message_that_names_no_work_nor_one_that_names_anothers_keeps_anybody_from_other_work()
    {
        var real = Real();
        await real.OfferAsync(Offer("a") with { Site = WorkOffer.Pool }, Cancel);
        await real.OfferAsync(Offer("b"), Cancel);
        await Queue(OfSite).ClearMessagesAsync(Cancel);
        foreach (var text in (string[])["../../federations/fed/spec", new string('x', 40_000), new string('0', OfferBlobs.KeyDigits), OfferBlobs.KeyOf("a"), OfferBlobs.KeyOf("b")])
            await Queue(OfSite).SendMessageAsync(text, Cancel);

        Assert.Equal("b", (await real.LeaseAsync(Site, Process, request: null, can: null, Cancel))!.Offer.Input.Work);
        Assert.Equal(1, await CountAsync(OfSite));
    }

    [Fact]
    public async Task Work_of_which_there_is_more_to_know_than_fits_a_message_is_not_offered() =>
        await Assert.ThrowsAsync<InvalidDataException>(() => Real().OfferAsync(Offer(new string('a', 20_000)), Cancel));

    [Theory]
    [InlineData("ab")]
    [InlineData("Training")]
    [InlineData("training--results")]
    [InlineData("-training")]
    [InlineData("training\n")]
    public void A_name_that_is_no_queues_is_refused(string queue) =>
        Assert.Throws<ArtifactStoreException>(() => WorkAccount.Open(storage.ConnectionString, storage.ConnectionString, queue));

    [Theory]
    [InlineData("fed:1-1:fit-0:1", "fed:1-round-1-1", "work-fit-0-1", true)]
    [InlineData("fed:1-1:fit-0:1", "other:1-round-1-1", "work-fit-0-1", false)]
    [InlineData("fed:1-1:fit-0:1", "fed:1-round-1-1", "work-fit-0-2", false)]
    [InlineData("fed:1-1:fit-0:1", "fed:1-round-1-1", "stop", false)]
    [InlineData("fed", "fed:1-round-1-1", "work-fit-0-1", false)]
    public void A_message_tells_of_its_own_work_alone(string work, string instance, string @event, bool isSo) =>
        Assert.Equal(isSo, new ToldWork(work, instance, @event, Result()).IsOfItsWork);

    private string OfSite => $"{name}-{OfferBlobs.KeyOf(Site)}";

    private QueueWorkBoard Real() => new(Account(), TimeProvider.System);

    private WorkAccount Account() => WorkAccount.Open(storage.ConnectionString + $";Container={name}", storage.ConnectionString, name);

    private QueueClient Queue(string queue) => new(
        storage.ConnectionString, queue, new QueueClientOptions(QueueClientOptions.ServiceVersion.V2025_05_05) { MessageEncoding = QueueMessageEncoding.None });

    private async Task<int> CountAsync(string queue) => (await Queue(queue).GetPropertiesAsync(Cancel)).Value.ApproximateMessagesCount;

    private static WorkOffer Offer(string work, int leaseSeconds = 60)
    {
        var cohort = new CohortInput(Artifact("spec"), Round: 1, Attempt: 1, Artifact("selection"), Artifact("global"), First: 0, Count: 1);
        return new WorkOffer(Site, new OfferWorkInput(work, cohort, RoundPhase.Fit, "fed:1-round-1-1", "work-fit-0-1", 3600), leaseSeconds);
    }

    private static PartResult Result() => new(Artifact("manifest"), Succeeded: 1);

    private static ArtifactReference Artifact(string name) => new(name, 1, new string('0', 64));
}

/// <summary>A storage account of these tests.</summary>
public sealed class QueueStorage : IAsyncLifetime
{
    private TestStorage? storage;

    public string ConnectionString => storage!.ConnectionString;

    public async ValueTask InitializeAsync() => storage = await TestStorage.OpenAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (storage is not null)
            await storage.DisposeAsync();
    }
}
