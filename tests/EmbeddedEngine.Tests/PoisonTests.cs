using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class PoisonTests : IDisposable
{
    private const string Reason =
        "the process died 3 times in a row while this activity ran, with nothing else done in between; it is not run again";

    private static readonly OrchestratorDescriptor<int, string> Main = new("Main");
    private static readonly ActivityDescriptor<int, int> Echo = new("Echo");
    private static readonly ActivityDescriptor<int, int> Slow = new("Slow");

    private readonly List<TestFolder> folders = [new TestFolder()];

    public void Dispose() => folders.ForEach(folder => folder.Dispose());

    [Fact]
    public async Task An_activity_during_which_the_process_dies_three_times_fails_and_is_not_retried()
    {
        await DieDuringSlowAsync(async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        await DieDuringSlowAsync();
        await DieDuringSlowAsync();

        await using var engine = await StartAsync(_ => throw new InvalidOperationException("it ran again"));

        Assert.Equal($"Slow failed: {Reason}", (await engine.WaitAsync("instance")).Failure());
    }

    [Fact]
    public async Task Progress_between_the_deaths_acquits_an_activity()
    {
        await DieDuringSlowAsync(async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        await DieDuringSlowAsync(async engine =>
        {
            await engine.ScheduleAsync(Main, 1, "progress");
            await engine.WaitAsync("progress");
        });
        await DieDuringSlowAsync();

        await using var engine = await StartAsync(x => Task.FromResult(x));

        Assert.Equal("0", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_death_is_remembered_while_another_process_goes_on_with_others_only()
    {
        await DieDuringSlowAsync(async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        await DieDuringSlowAsync();
        foreach (var other in (string[])["other", "another"])
        {
            await using var elsewhere = await StartAsync(_ => throw new InvalidOperationException("it ran"), takesUp: id => id == other);
            await elsewhere.ScheduleAsync(Main, 1, other);
            await elsewhere.WaitAsync(other);
        }

        await DieDuringSlowAsync();
        await using var engine = await StartAsync(_ => throw new InvalidOperationException("it ran again"));

        Assert.Equal($"Slow failed: {Reason}", (await engine.WaitAsync("instance")).Failure());
    }

    [Fact]
    public async Task A_clean_stop_is_no_death()
    {
        for (var start = 0; start < 5; start++)
        {
            var running = new TaskCompletionSource();
            await using var stopped = await StartAsync(async (_, cancellation) =>
            {
                running.SetResult();
                await Task.Delay(Timeout.Infinite, cancellation);
                return 0;
            });
            await stopped.Client.ScheduleNewOrchestrationInstanceAsync(Main, 0, "instance", TestContext.Current.CancellationToken);
            await running.Task;
            await stopped.StopAsync();
        }

        await using var engine = await StartAsync(x => Task.FromResult(x));

        Assert.Equal("0", (await engine.WaitAsync("instance")).Output<string>());
    }

    /// <summary>Starts an engine and leaves the folder as a kill during the slow activity would leave it.</summary>
    private async Task DieDuringSlowAsync(Func<TestEngine, Task>? andThen = null)
    {
        var running = new TaskCompletionSource();
        await using var engine = await StartAsync(async (x, cancellation) =>
        {
            running.SetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
            return x;
        });
        if (andThen is not null)
            await andThen(engine);
        await running.Task;
        folders.Add(folders[^1].AfterKill());
    }

    private Task<TestEngine> StartAsync(Func<int, Task<int>> slow, Func<string, bool>? takesUp = null) => StartAsync((x, _) => slow(x), takesUp);

    private Task<TestEngine> StartAsync(
        Func<int, CancellationToken, Task<int>> slow, Func<string, bool>? takesUp = null) => TestEngine.StartAsync(folders[^1], services => services
        .AddActivityFunc(Echo, (x, _) => Task.FromResult(x))
        .AddActivityFunc(Slow, slow)
        .AddOrchestratorFunc(Main, async (context, x) => x == 0
            ? $"{await context.CallActivityAsync(Slow, x, new RetryPolicy(5, TimeSpan.Zero))}"
            : $"{await context.CallActivityAsync(Echo, x)}"), takesUp: takesUp);
}
