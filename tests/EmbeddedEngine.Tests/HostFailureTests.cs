using System.Collections.Concurrent;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine.Tests;

/// <summary>What the host can't do is no failure of what it does it for.</summary>
public sealed class HostFailureTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, int> Main = new("Main");
    private static readonly ActivityDescriptor<int, int> Write = new("Write");

    private readonly TestFolder folder = new();
    private readonly RecordingLoggerProvider log = new();
    private readonly ConcurrentQueue<DateTimeOffset> tries = new();
    private TestEngine? running;

    public void Dispose()
    {
        folder.Dispose();
        log.Dispose();
    }

    [Fact]
    public async Task It_is_tried_again_after_growing_waits_each_of_which_is_said()
    {
        await using var engine = await StartAsync(() => tries.Count < 8 ? FailureKind.HostForNow : null);

        Assert.Equal(5, (await engine.RunAsync(Main, 5)).Output<int>());
        Assert.Equal((int[])[1, 2, 4, 8, 16, 30, 30], Waits());
        Assert.Equal(7, log.Lines.Count(line => line.Contains("can't be done now", StringComparison.Ordinal)));
        Assert.Contains("Write of instance can't be done now; it is tried again in 1 s: no space", string.Join('\n', log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_some_minutes_the_engine_stops_with_the_reason_and_the_next_start_goes_on()
    {
        await using (var stopped = await StartAsync(() => FailureKind.HostForNow))
        {
            var failure = await Assert.ThrowsAsync<HostFailureException>(() => stopped.RunAsync(Main, 5));
            Assert.Equal("Write of instance can't be done now: no space", failure.Message);
            Assert.Equal(10, tries.Count);
        }

        Assert.Equal("Write of instance can't be done now: no space", InstanceReader.FindSignOfLife(folder.Path)!.End);
        await using var engine = await StartAsync(() => null);
        Assert.Null(InstanceReader.FindSignOfLife(folder.Path)?.End);
        Assert.Equal(5, (await engine.WaitAsync("instance")).Output<int>());
    }

    [Fact]
    public async Task Where_only_a_person_can_help_the_engine_stops_at_once()
    {
        await using (var stopped = await StartAsync(() => FailureKind.HostForGood))
        {
            await Assert.ThrowsAsync<HostFailureException>(() => stopped.RunAsync(Main, 5));
            Assert.Single(tries);
        }

        await using var engine = await StartAsync(() => null);
        Assert.Equal(5, (await engine.WaitAsync("instance")).Output<int>());
    }

    [Theory]
    [InlineData(FailureKind.HostForNow)]
    [InlineData(FailureKind.HostForGood)]
    public async Task An_engine_that_waits_for_its_host_tries_for_ever_and_says_what_it_waits_for(FailureKind kind)
    {
        await using var engine = await StartAsync(() => tries.Count < 15 ? kind : null, waitsForHost: true);
        await engine.ScheduleAsync(Main, 5, "instance");
        await engine.AtRestAsync();

        Assert.Equal("Write: no space", (await engine.GetAsync("instance")).Waiting);
        Assert.Equal("Write: no space", Assert.Single((await engine.Client.GetInstancesAsync(new OrchestrationQuery(), TestContext.Current.CancellationToken)).Instances).Waiting);
        var end = await engine.RunToEndAsync("instance");
        Assert.Equal((5, null), (end.Output<int>(), end.Waiting));
        Assert.Equal((int[])[1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300], Waits());
    }

    [Fact]
    public async Task One_that_is_terminated_meanwhile_is_waited_for_no_longer()
    {
        await using var engine = await StartAsync(() => FailureKind.HostForNow);
        await engine.ScheduleAsync(Main, 5, "instance");
        await engine.AtRestAsync();
        await engine.Client.TerminateInstanceAsync("instance", "enough", TestContext.Current.CancellationToken);

        Assert.Null(await engine.AtRestAsync());
    }

    [Fact]
    public async Task What_fails_for_good_is_not_tried_again()
    {
        await using var engine = await StartAsync(() => FailureKind.WorkForGood);

        Assert.Equal("Write failed: no space", (await engine.RunAsync(Main, 5)).Failure());
        Assert.Single(tries);
    }

    [Fact]
    public async Task What_fails_otherwise_is_tried_as_often_as_was_asked_and_each_wait_is_said()
    {
        await using var engine = await StartAsync(() => FailureKind.Work);

        Assert.Equal("Write failed: no space", (await engine.RunAsync(Main, 5)).Failure());
        Assert.Equal(3, tries.Count);
        Assert.Equal(2, log.Lines.Count(line => line.Contains("it is tried again in 60 s: no space", StringComparison.Ordinal)));
    }

    private IEnumerable<int> Waits() => tries.Zip(tries.Skip(1), (a, b) => (int)(b - a).TotalSeconds);

    private async Task<TestEngine> StartAsync(Func<FailureKind?> failure, bool waitsForHost = false) => running = await TestEngine.StartAsync(
        folder,
        services => services
            .AddSingleton<ILoggerFactory>(new LoggerFactory([log]))
            .AddActivityFunc(Write, (x, _) =>
            {
                tries.Enqueue(running?.Time.GetUtcNow() ?? default);
                return failure() is { } kind ? throw new KnownFailureException("no space", kind) : Task.FromResult(x);
            })
            .AddOrchestratorFunc(Main, (context, x) => context.CallActivityAsync(Write, x, new RetryPolicy(3, TimeSpan.FromMinutes(1)))),
        waitsForHost: waitsForHost);
}
