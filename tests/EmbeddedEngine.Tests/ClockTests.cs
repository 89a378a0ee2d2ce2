using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine.Tests;

/// <summary>Clocks are set, back and forth: waits go by the time that elapses, timers by their date.</summary>
public sealed class ClockTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("Main");
    private static readonly ActivityDescriptor<int, int> Flaky = new("Flaky");

    private readonly TestFolder folder = new();
    private readonly RecordingLoggerProvider log = new();
    private readonly SetClock time = new();
    private int attempts;

    public void Dispose()
    {
        folder.Dispose();
        log.Dispose();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-100)]
    [InlineData(+100)]
    public async Task A_retry_comes_after_its_interval_whatever_the_clock_is_set_to(int days)
    {
        await using var engine = await StartAsync(Retrying);
        await engine.ScheduleAsync(Main, 0, "instance");
        await engine.AtRestAsync();
        time.SetBy(TimeSpan.FromDays(days));
        time.Advance(TimeSpan.FromSeconds(59));
        await engine.AtRestAsync();
        Assert.Equal(1, attempts);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("done", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_retry_is_due_no_later_than_its_interval_after_a_restart_by_a_clock_that_was_set_back()
    {
        await using (var stopped = await StartAsync(Retrying))
        {
            await stopped.ScheduleAsync(Main, 0, "instance");
            await stopped.AtRestAsync();
        }

        time.SetBy(TimeSpan.FromDays(-365));
        await using var engine = await StartAsync(Retrying);
        await engine.AtRestAsync();
        time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal("done", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_retry_whose_time_passed_while_no_process_was_at_work_is_due()
    {
        await using (var stopped = await StartAsync(Retrying))
        {
            await stopped.ScheduleAsync(Main, 0, "instance");
            await stopped.AtRestAsync();
        }

        time.Advance(TimeSpan.FromSeconds(60));
        await using var engine = await StartAsync(Retrying);

        Assert.Equal("done", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_timer_is_for_a_date_and_comes_when_the_clock_is_set_past_it()
    {
        await using var engine = await StartAsync(Dated);
        await engine.ScheduleAsync(Main, 0, "instance");
        await engine.AtRestAsync();
        time.SetBy(TimeSpan.FromDays(99));
        time.Advance(TimeSpan.FromSeconds(30)); // nobody says that a clock was set: it is looked at
        await engine.AtRestAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await engine.GetAsync("instance")).RuntimeStatus);

        time.SetBy(TimeSpan.FromDays(1));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("fired", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_clock_that_is_set_back_while_a_date_is_waited_for_is_said()
    {
        await using var engine = await StartAsync(Dated);
        await engine.ScheduleAsync(Main, 0, "instance");
        await engine.AtRestAsync();
        time.SetBy(TimeSpan.FromHours(-3));
        time.Advance(TimeSpan.FromSeconds(30));
        await engine.AtRestAsync();
        time.Advance(TimeSpan.FromSeconds(30));
        await engine.AtRestAsync();

        Assert.Single(log.Lines, line => line.Contains("The clock was set back by 03:00:00", StringComparison.Ordinal));
    }

    private static async Task<string> Retrying(IOrchestrationContext context)
    {
        await context.CallActivityAsync(Flaky, 0, new RetryPolicy(2, TimeSpan.FromMinutes(1)));
        return "done";
    }

    private static async Task<string> Dated(IOrchestrationContext context)
    {
        await context.CreateTimer(context.CurrentUtcDateTime.AddDays(100), CancellationToken.None);
        return "fired";
    }

    private Task<TestEngine> StartAsync(Func<IOrchestrationContext, Task<string>> code) => TestEngine.StartAsync(
        folder,
        services => services
            .AddSingleton<ILoggerFactory>(new LoggerFactory([log]))
            .AddActivityFunc(Flaky, (x, _) => ++attempts == 1 ? throw new InvalidOperationException("not yet") : Task.FromResult(x))
            .AddOrchestratorFunc(Main, (context, _) => code(context)),
        time);
}
