using FlDurable.ClientActivities;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>When work that is leased is called off, on clocks of the test's own.</summary>
public sealed class LeaseKeeperTests
{
    private static readonly TimeSpan Stall = TimeSpan.FromMinutes(10);

    private readonly TwoClocks time = new();
    private readonly BatchCount count = new();
    private readonly List<long> renewals = [];
    private TimeSpan every = TimeSpan.MaxValue;
    private Func<RenewedLease> answer = () => new RenewedLease(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lease_is_renewed_three_times_within_its_life_and_the_host_is_told_how_many_batches_are_done()
    {
        await using var keeper = Keep();
        for (var renewal = 0; renewal < 3; renewal++)
        {
            count.Add(32);
            await PassAsync(keeper, TimeSpan.FromSeconds(20));
        }

        Assert.Equal([1, 2, 3], renewals);
        Assert.False(keeper.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_lease_is_renewed_as_often_as_the_host_is_to_hear_of_the_worker()
    {
        every = TimeSpan.FromSeconds(2);
        await using var keeper = Keep();

        await PassAsync(keeper, TimeSpan.FromSeconds(20));

        Assert.Equal(10, renewals.Count);
    }

    [Fact]
    public async Task Work_is_called_off_when_the_lease_has_not_been_renewed_for_as_long_as_it_lasts()
    {
        answer = () => throw new NoAnswerException("none");
        await using var keeper = Keep();

        await PassAsync(keeper, TimeSpan.FromSeconds(50));
        Assert.False(keeper.IsOver);
        await PassAsync(keeper, TimeSpan.FromSeconds(15));

        Assert.True(keeper.IsOver);
        Assert.True(keeper.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task What_is_being_sent_is_not_called_off_when_it_has_ended_the_lease()
    {
        await using var keeper = Keep();
        answer = () => throw new LeaseOverException();

        keeper.IsSending = true;
        await PassAsync(keeper, TimeSpan.FromSeconds(25));

        Assert.Single(renewals);
        Assert.False(keeper.IsOver);
        Assert.False(keeper.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_machine_that_has_slept_has_lost_its_lease_though_its_own_time_stood_still()
    {
        answer = () => throw new NoAnswerException("none");
        await using var keeper = Keep();

        time.Sleep(TimeSpan.FromHours(8));
        await PassAsync(keeper, TimeSpan.FromSeconds(25));

        Assert.True(keeper.IsOver);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_makes_no_lease_longer()
    {
        answer = () => throw new NoAnswerException("none");
        await using var keeper = Keep();

        time.Sleep(TimeSpan.FromHours(-8));
        await PassAsync(keeper, TimeSpan.FromSeconds(65));

        Assert.True(keeper.IsOver);
    }

    [Fact]
    public async Task A_training_that_does_no_batch_is_not_renewed_for_ever()
    {
        await using var keeper = Keep();
        keeper.IsTraining = true;

        await PassAsync(keeper, Stall - TimeSpan.FromSeconds(30));
        Assert.False(keeper.IsStalled);
        count.Add(1);
        await PassAsync(keeper, Stall - TimeSpan.FromSeconds(30));
        Assert.False(keeper.IsStalled);
        await PassAsync(keeper, Stall);

        Assert.True(keeper.IsStalled);
        Assert.True(keeper.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task What_does_not_train_does_not_stall()
    {
        await using var keeper = Keep();

        await PassAsync(keeper, 3 * Stall); // a slow upload

        Assert.False(keeper.Token.IsCancellationRequested);
        Assert.InRange(renewals.Count, 80, 100);
    }

    [Fact]
    public async Task A_key_that_was_revoked_ends_the_work_and_is_told()
    {
        answer = () => throw new KeyRefusedException("401");
        await using var keeper = Keep();

        await PassAsync(keeper, TimeSpan.FromSeconds(25));

        Assert.NotNull(keeper.Refusal);
        Assert.True(keeper.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task Work_that_nobody_waits_for_any_more_is_called_off_with_the_next_renewal()
    {
        answer = () => throw new LeaseOverException();
        await using var keeper = Keep();

        await PassAsync(keeper, TimeSpan.FromSeconds(25));

        Assert.True(keeper.IsOver);
        Assert.Single(renewals);
    }

    private LeaseKeeper Keep() => new(
        (batches, _) =>
        {
            renewals.Add(batches);
            return Task.FromResult(answer());
        },
        every, seconds: 60, count, Stall, time, Cancel);

    /// <summary>Lets both clocks go on, and the keeper look at them whenever it wants to.</summary>
    private async Task PassAsync(LeaseKeeper keeper, TimeSpan howLong)
    {
        var step = TimeSpan.FromSeconds(1);
        for (var passed = TimeSpan.Zero; passed < howLong; passed += step)
        {
            time.Advance(step);
            while (!time.IsAwaited && !keeper.Token.IsCancellationRequested && !keeper.IsEnded)
                await Task.Yield();
        }
    }

    /// <summary>A clock that people set, or that goes on while a machine sleeps, beside one that does neither.</summary>
    private sealed class TwoClocks : FakeTimeProvider
    {
        private TimeSpan apart;
        private int awaited;

        /// <summary>Whether somebody waits for a time to come.</summary>
        public bool IsAwaited => Volatile.Read(ref awaited) > 0;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + apart;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;

        /// <summary>Moves the one clock on, or back, and not the other.</summary>
        public void Sleep(TimeSpan howLong) => apart += howLong;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref awaited);
            return base.CreateTimer(
                of =>
                {
                    Interlocked.Decrement(ref awaited);
                    callback(of);
                },
                state, dueTime, period);
        }
    }
}
