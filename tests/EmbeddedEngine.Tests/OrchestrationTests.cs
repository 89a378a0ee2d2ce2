using System.Collections.Concurrent;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class OrchestrationTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("Main");
    private static readonly OrchestratorDescriptor<int, string> Child = new("Child");
    private static readonly ActivityDescriptor<int, int> Echo = new("Echo");

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_child_returns_its_output_to_its_parent()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Child, (context, x) => Task.FromResult($"{context.InstanceId} {x}"))
            .AddOrchestratorFunc(Main, (context, x) => context.CallSubOrchestratorAsync(Child, x, $"{context.InstanceId}-child")));

        Assert.Equal("instance-child 7", (await engine.RunAsync(Main, 7)).Output<string>());
        Assert.Equal("instance-child 7", (await engine.GetAsync("instance-child")).Output<string>());
    }

    [Fact]
    public async Task A_failure_passes_up_through_every_parent()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Child, (context, x) => x > 0
                ? context.CallSubOrchestratorAsync(Child, x - 1, $"{context.InstanceId}-{x}")
                : throw new InvalidOperationException("no clients")));

        Assert.Equal("Child failed: Child failed: no clients", (await engine.RunAsync(Child, 2)).Failure());
    }

    [Fact]
    public async Task A_child_whose_id_is_taken_fails_with_a_reason_that_names_it()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, (context, x) => context.CallSubOrchestratorAsync(Main, x, context.InstanceId)));

        Assert.Equal("Main failed: there is or was an instance 'instance' already", (await engine.RunAsync(Main, 7)).Failure());
    }

    [Fact]
    public async Task An_orchestrator_that_is_not_registered_is_a_failure_that_names_it()
    {
        await using var engine = await TestEngine.StartAsync(folder, _ => { });

        Assert.Equal("no orchestrator named 'Main' is registered in this host", (await engine.RunAsync(Main, 1)).Failure());
    }

    [Fact]
    public async Task An_id_that_is_taken_starts_nothing()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, (_, x) => Task.FromResult($"{x}")));
        await engine.RunAsync(Main, 1);

        Assert.False(await engine.Client.ScheduleNewOrchestrationInstanceAsync(Main, 2, "instance", TestContext.Current.CancellationToken));
        Assert.Equal("1", (await engine.GetAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task Each_execution_carries_the_state_of_the_one_before()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Echo, (x, _) => Task.FromResult(x))
            .AddOrchestratorFunc(Main, async (context, round) =>
            {
                var next = await context.CallActivityAsync(Echo, round) + 1;
                if (next < 100)
                    context.ContinueAsNew(next);
                return $"round {round}";
            }));

        Assert.Equal("round 99", (await engine.RunAsync(Main, 0)).Output<string>());
    }

    [Fact]
    public async Task What_an_earlier_execution_left_outstanding_does_not_reach_the_next()
    {
        var release = new TaskCompletionSource();
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Echo, async (x, _) =>
            {
                if (x == 1)
                    await release.Task;
                return x;
            })
            .AddOrchestratorFunc(Main, async (context, round) =>
            {
                var first = context.CallActivityAsync(Echo, round);
                if (round == 1)
                    context.ContinueAsNew(2);
                else
                    await context.WaitForExternalEvent<int>("go on");
                return round == 1 ? "" : $"{await first}";
            }));
        await engine.ScheduleAsync(Main, 1, "instance");
        release.SetResult();
        await engine.AtRestAsync();
        await engine.RaiseAsync("instance", "go on", 0);

        Assert.Equal("2", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task The_custom_status_is_seen_while_an_instance_runs_and_stays()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, x) =>
            {
                context.SetCustomStatus("first");
                await context.WaitForExternalEvent<int>("go on");
                context.SetCustomStatus("second");
                return "";
            }));
        await engine.ScheduleAsync(Main, 1, "instance");
        await engine.AtRestAsync();
        var running = await engine.GetAsync("instance");
        await engine.RaiseAsync("instance", "go on", 0);
        var completed = await engine.WaitAsync("instance");

        Assert.Equal(("first", "second"), (running.ReadCustomStatusAs<string>(), completed.ReadCustomStatusAs<string>()));
        Assert.Equal(OrchestrationRuntimeStatus.Running, running.RuntimeStatus);
    }

    [Fact]
    public async Task Ids_and_times_are_the_same_in_every_replay_and_differ_among_themselves()
    {
        var seen = new ConcurrentQueue<string>();
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, execution) =>
            {
                seen.Enqueue($"{context.NewGuid()} {context.CurrentUtcDateTime:O}");
                await context.CreateTimer(context.CurrentUtcDateTime.AddSeconds(1), CancellationToken.None);
                seen.Enqueue($"{context.NewGuid()} {context.CurrentUtcDateTime:O}");
                await context.CreateTimer(context.CurrentUtcDateTime.AddSeconds(1), CancellationToken.None);
                if (execution == 0)
                    context.ContinueAsNew(1);
                return "";
            }));

        (await engine.RunAsync(Main, 0)).Output<string>();

        Assert.Equal(10, seen.Count);
        Assert.Equal(4, seen.Distinct().Count());
    }

    [Fact]
    public async Task A_replay_safe_logger_says_each_thing_once()
    {
        var log = new RecordingLoggerProvider();
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddLogging(logging => logging.AddProvider(log))
            .AddOrchestratorFunc(Main, async (context, _) =>
            {
                var logger = context.CreateReplaySafeLogger("Rounds");
                logger.LogInformation("before");
                await context.CreateTimer(context.CurrentUtcDateTime.AddSeconds(1), CancellationToken.None);
                logger.LogInformation("between");
                await context.CreateTimer(context.CurrentUtcDateTime.AddSeconds(1), CancellationToken.None);
                logger.LogInformation("after");
                return "";
            }));

        await engine.RunAsync(Main, 0);

        Assert.Equal((string[])["Rounds: before", "Rounds: between", "Rounds: after"], log.Lines);
    }
}
