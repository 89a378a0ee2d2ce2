using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Api.Tests;

/// <summary>Starts that hang make room.</summary>
public sealed class LaunchGateTests : IDisposable
{
    private static readonly FederationApiOptions Options = new() { MaxLaunches = 4 };

    private readonly FakeTimeProvider time = new();
    private readonly ManualResetEventSlim end = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LaunchGate gate;

    public LaunchGateTests() => gate = new LaunchGate(Options, time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        End();
        end.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Starts_that_hang_and_can_not_be_stopped_make_room_when_their_time_is_up(bool holdTheirThread)
    {
        var hanging = Hang(holdTheirThread, Cancel);
        await Assert.ThrowsAsync<TooManyLaunchesException>(() => gate.PassAsync(_ => Task.FromResult(0), Cancel));

        time.Advance(Options.LaunchPatience - TimeSpan.FromTicks(1));
        Assert.All(hanging, start => Assert.False(start.IsCompleted));
        time.Advance(TimeSpan.FromTicks(1));

        foreach (var start in hanging)
            Assert.Equal("the start took longer than 10 minutes", (await Assert.ThrowsAsync<TimeoutException>(() => start)).Message);
        Assert.Equal(7, await gate.PassAsync(_ => Task.FromResult(7), Cancel));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Starts_that_hang_make_room_when_their_callers_have_gone(bool holdTheirThread)
    {
        using var callers = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var hanging = Hang(holdTheirThread, callers.Token);

        await callers.CancelAsync();

        foreach (var start in hanging)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        Assert.Equal(7, await gate.PassAsync(_ => Task.FromResult(7), Cancel));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Loads_that_run_on_without_their_callers_are_counted_until_they_end(bool holdTheirThread)
    {
        for (var times = 0; times < 2; times++)
        {
            using var callers = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var hanging = Hang(holdTheirThread, callers.Token);
            await callers.CancelAsync();
            foreach (var start in hanging)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        }

        var refused = await Assert.ThrowsAsync<TooManyLaunchesException>(() => gate.PassAsync(_ => Task.FromResult(0), Cancel));
        Assert.Equal("the data of 8 federations is being loaded, for some of which nobody waits any more: try again when one is done", refused.Message);

        End();
        Assert.Equal(7, await PassWhenThereIsRoomAsync());
    }

    [Fact]
    public async Task Starts_that_fail_make_room()
    {
        for (var start = 0; start < 3 * Options.MaxLaunches; start++)
            await Assert.ThrowsAsync<InvalidOperationException>(() => gate.PassAsync<int>(_ => throw new InvalidOperationException(), Cancel));

        Assert.Equal(7, await gate.PassAsync(_ => Task.FromResult(7), Cancel));
    }

    private void End()
    {
        end.Set();
        ended.TrySetResult();
    }

    // Loads that were told to end do so on threads of their own.
    private async Task<int> PassWhenThereIsRoomAsync()
    {
        while (true)
        {
            try
            {
                return await gate.PassAsync(_ => Task.FromResult(7), Cancel);
            }
            catch (TooManyLaunchesException)
            {
                await Task.Yield();
            }
        }
    }

    private List<Task<int>> Hang(bool holdTheirThread, CancellationToken callers) => [.. Enumerable.Range(0, Options.MaxLaunches).Select(_ => gate.PassAsync(
        async _ =>
        {
            if (holdTheirThread)
                end.Wait(CancellationToken.None);
            else
                await ended.Task;
            return 0;
        },
        callers))];
}
