using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class TimerAndEventTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("Main");

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_timer_fires_when_its_time_has_come_and_not_before()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, seconds) =>
            {
                var start = context.CurrentUtcDateTime;
                await context.CreateTimer(start.AddSeconds(seconds), CancellationToken.None);
                return $"{(context.CurrentUtcDateTime - start).TotalSeconds}";
            }));
        await engine.ScheduleAsync(Main, 90, "instance");
        await engine.AtRestAsync();
        engine.Time.Advance(TimeSpan.FromSeconds(89));
        await engine.AtRestAsync();

        Assert.Equal(OrchestrationRuntimeStatus.Running, (await engine.GetAsync("instance")).RuntimeStatus);
        engine.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("90", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_timer_for_a_time_that_has_passed_fires_at_once()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, _) =>
            {
                await context.CreateTimer(context.CurrentUtcDateTime.AddDays(-1), CancellationToken.None);
                return "fired";
            }));
        await engine.ScheduleAsync(Main, 0, "instance");

        Assert.Equal("fired", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_timer_of_months_fires()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, days) =>
            {
                await context.CreateTimer(context.CurrentUtcDateTime.AddDays(days), CancellationToken.None);
                return "fired";
            }));

        Assert.Equal("fired", (await engine.RunAsync(Main, 100)).Output<string>());
    }

    [Theory]
    [InlineData(true, "event 5")]
    [InlineData(false, "timer")]
    public async Task An_event_and_a_timer_race_and_the_loser_is_forgotten(bool raise, string winner)
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, seconds) =>
            {
                using var lost = new CancellationTokenSource();
                var timer = context.CreateTimer(context.CurrentUtcDateTime.AddSeconds(seconds), lost.Token);
                var raised = context.WaitForExternalEvent<int>("done", lost.Token);
                var first = await Task.WhenAny(timer, raised);
                lost.Cancel();
                Assert.True(first == timer ? raised.IsCanceled : timer.IsCanceled);
                return first == raised ? $"event {await raised}" : "timer";
            }));
        await engine.ScheduleAsync(Main, 60, "instance");
        await engine.AtRestAsync();
        if (raise)
            await engine.RaiseAsync("instance", "done", 5);

        Assert.Equal(winner, (await engine.RunToEndAsync("instance")).Output<string>());
        Assert.Null(await engine.AtRestAsync());
    }

    [Fact]
    public async Task Early_events_are_kept_in_order_and_names_do_not_mind_case()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, _) =>
            {
                await context.WaitForExternalEvent<string>("go");
                var first = await context.WaitForExternalEvent<string>("DATA");
                var second = await context.WaitForExternalEvent<string>("data");
                return $"{first} {second} {await context.WaitForExternalEvent<string>("other")}";
            }));
        await engine.ScheduleAsync(Main, 0, "instance");
        await engine.RaiseAsync("instance", "other", "c");
        await engine.RaiseAsync("instance", "Data", "a");
        await engine.RaiseAsync("instance", "data", "b");
        await engine.RaiseAsync("instance", "GO", "");

        Assert.Equal("a b c", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Theory]
    [InlineData(true, "kept")]
    [InlineData(false, "late")]
    public async Task Unprocessed_events_reach_the_next_execution_if_they_are_to_be_preserved(bool preserve, string expected)
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, execution) =>
            {
                if (execution == 0)
                {
                    await context.WaitForExternalEvent<int>("go");
                    context.ContinueAsNew(1, preserve);
                    return "";
                }

                context.SetCustomStatus("waiting");
                return await context.WaitForExternalEvent<string>("data");
            }));
        await engine.ScheduleAsync(Main, 0, "instance");
        await engine.RaiseAsync("instance", "data", "kept");
        await engine.RaiseAsync("instance", "go", 0);
        await engine.AtRestAsync();
        await engine.RaiseAsync("instance", "data", "late");

        Assert.Equal(expected, (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_second_waiter_for_an_event_is_refused()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, _) =>
            {
                var first = context.WaitForExternalEvent<string>("data");
                return await context.WaitForExternalEvent<string>("DATA") + await first;
            }));

        Assert.Equal(
            "event 'DATA' is waited for already; an event name has at most one waiter at a time", (await engine.RunAsync(Main, 0)).Failure());
    }

    [Fact]
    public async Task An_event_for_an_instance_that_is_over_or_was_never_is_ignored()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, (_, _) => Task.FromResult("")));
        await engine.RunAsync(Main, 0);

        await engine.RaiseAsync("instance", "data", 1);
        await engine.RaiseAsync("nobody", "data", 1);

        Assert.Null(await engine.AtRestAsync());
    }
}
