using System.Text.Json;
using DurableTask.Core.Exceptions;
using FlDurable.DurableTask.Hubs;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.DurableTask.Tests.Hubs;

public sealed class HandBackTests
{
    private readonly FakeTimeProvider time = new();
    private readonly HandBacks handBacks;
    private bool isFull = true;

    public HandBackTests() => handBacks = new HandBacks(time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_keeps_what_it_can_not_do_now_for_longer_each_time_until_it_has_done_something()
    {
        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 32])
            await HandBackAfterAsync(seconds);
        isFull = false;
        await RunAsync(Cancel);
        isFull = true;
        await HandBackAfterAsync(1);
    }

    [Fact]
    public async Task A_node_that_is_told_to_stop_hands_back_at_once()
    {
        using var stopping = new CancellationTokenSource();
        var running = RunAsync(stopping.Token);
        await stopping.CancelAsync();
        await Assert.ThrowsAsync<SessionAbortedException>(() => running);
    }

    private async Task HandBackAfterAsync(int seconds)
    {
        var running = RunAsync(Cancel);
        time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.False(running.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("no space left", (await Assert.ThrowsAsync<SessionAbortedException>(() => running)).Message);
    }

    private Task<JsonElement> RunAsync(CancellationToken stopping) => new HubActivity(
        "Train", (input, _) => isFull ? throw new IOException("no space left") : Task.FromResult(input), handBacks, NullLogger.Instance, stopping)
        .RunAsync(new Context(), default);

    private sealed class Context : TaskActivityContext
    {
        public override TaskName Name => "Train";

        public override string InstanceId => "fed";
    }
}
