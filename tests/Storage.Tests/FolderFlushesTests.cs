using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

public sealed class FolderFlushesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Those_that_ask_while_a_flush_is_under_way_are_served_by_one_after_it()
    {
        using var begun = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        var flushes = new FolderFlushes(_ =>
        {
            begun.Release();
            goOn.Wait(Cancel);
        });
        var first = Run(() => flushes.Flush("a"));
        await begun.WaitAsync(Cancel);
        var others = Enumerable.Range(0, 8).Select(_ => Run(() => flushes.Flush("a"))).ToList();
        Assert.All(others, other => Assert.False(other.IsCompleted));

        goOn.Release();
        await first;
        await begun.WaitAsync(Cancel);
        goOn.Release(others.Count); // one is enough for those that came in time
        await Task.WhenAll(others).WaitAsync(Cancel);

        // And those that come later are flushed anew.
        var before = begun.CurrentCount;
        goOn.Release();
        flushes.Flush("a");
        Assert.Equal(before + 1, begun.CurrentCount);
    }

    [Fact]
    public void Whoever_asks_later_is_never_served_by_a_flush_that_began_before()
    {
        var entries = 0;
        var covered = 0;
        var flushes = new FolderFlushes(_ => covered = Volatile.Read(ref entries));

        Parallel.For(0, 1_000, _ =>
        {
            var mine = Interlocked.Increment(ref entries);
            flushes.Flush("a");
            Assert.True(Volatile.Read(ref covered) >= mine);
        });
    }

    [Fact]
    public async Task A_folder_that_can_not_be_flushed_is_its_callers_failure_and_nobodys_after()
    {
        var isBroken = true;
        var flushes = new FolderFlushes(_ =>
        {
            if (isBroken)
                throw new IOException("it can't");
        });

        await Assert.ThrowsAsync<IOException>(() => Run(() => flushes.Flush("a")));
        isBroken = false;
        await Run(() => flushes.Flush("a"));
    }

    private static Task Run(Action action) => Task.Factory.StartNew(action, Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
