using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

public sealed class WorkThreadsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_has_ended_takes_the_next()
    {
        var threads = new WorkThreads(Long);
        var first = await threads.RunAsync(() => Thread.CurrentThread, Cancel);
        await WaitUntilAsync(() => first.ThreadState.HasFlag(ThreadState.WaitSleepJoin));

        Assert.Same(first, await threads.RunAsync(() => Thread.CurrentThread, Cancel));
        Assert.False(first.IsThreadPoolThread);
    }

    [Fact]
    public async Task What_runs_at_a_time_has_a_thread_each()
    {
        var threads = new WorkThreads(Long);
        using var together = new Barrier(participantCount: 5);

        var ran = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => threads.RunAsync(
            () =>
            {
                together.SignalAndWait(Cancel);
                return Environment.CurrentManagedThreadId;
            },
            Cancel)));

        Assert.Equal(5, ran.Distinct().Count());
    }

    [Fact]
    public async Task A_thread_without_work_ends()
    {
        var threads = new WorkThreads(TimeSpan.FromMilliseconds(1));
        var ended = await threads.RunAsync(() => Thread.CurrentThread, Cancel);

        await WaitUntilAsync(() => !ended.IsAlive);

        Assert.NotSame(ended, await threads.RunAsync(() => Thread.CurrentThread, Cancel));
    }

    [Fact]
    public async Task Work_that_comes_while_threads_end_is_done_all_the_same()
    {
        var threads = new WorkThreads(TimeSpan.FromTicks(1));

        for (var work = 0; work < 1000; work++)
            Assert.Equal(work, await threads.RunAsync(() => work, Cancel).WaitAsync(Long, Cancel));
    }

    [Fact]
    public async Task Who_is_cancelled_does_not_wait_for_what_does_not_listen()
    {
        var threads = new WorkThreads(Long);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var end = new ManualResetEventSlim();
        var deaf = threads.RunAsync(() => end.Wait(Long, CancellationToken.None), cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => deaf);
        Assert.True(await threads.RunAsync(() => true, Cancel));
        end.Set();
    }

    [Fact]
    public async Task What_fails_is_its_callers_failure_alone()
    {
        var threads = new WorkThreads(Long);

        await Assert.ThrowsAsync<InvalidDataException>(() => threads.RunAsync<int>(() => throw new InvalidDataException("damaged"), Cancel));
        await Assert.ThrowsAsync<InvalidDataException>(() => threads.BeginAsync<int>(() => throw new InvalidDataException("damaged")));

        Assert.Equal(1, await threads.RunAsync(() => 1, Cancel));
    }

    [Fact]
    public async Task What_is_asynchronous_goes_on_in_the_pool()
    {
        var threads = new WorkThreads(Long);

        var (began, wentOn) = await threads.BeginAsync(async () =>
        {
            var before = Thread.CurrentThread.IsThreadPoolThread;
            await Task.Yield();
            return (before, Thread.CurrentThread.IsThreadPoolThread);
        });

        Assert.False(began);
        Assert.True(wentOn);
    }

    private static async Task WaitUntilAsync(Func<bool> isSo)
    {
        while (!isSo())
            await Task.Delay(1, Cancel);
    }
}
