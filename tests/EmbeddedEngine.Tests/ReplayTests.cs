using FlDurable.EmbeddedEngine.Histories;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Data.Sqlite;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class ReplayTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, int> Main = new("Main");
    private static readonly OrchestratorDescriptor<int, int> Other = new("Other");
    private static readonly ActivityDescriptor<int, int> Echo = new("Echo");
    private static readonly ActivityDescriptor<int, int> Negate = new("Negate");

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Code_that_calls_something_else_than_its_history_has_is_stopped_and_both_are_named()
    {
        await RunHalfwayAsync(async (context, x) => await WaitAsync(context, await context.CallActivityAsync(Echo, x)));

        var failure = await GoOnAsync(async (context, x) => await WaitAsync(context, await context.CallActivityAsync(Negate, x)));

        Assert.Contains(
            "the code of orchestrator 'Main' does not follow its history: expected activity 'Echo' (task 0) with input 1, "
            + "but the code called activity 'Negate' (task 0) with input 1",
            failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_lost_by_a_restart_with_other_code()
    {
        await RunHalfwayAsync(async (context, x) => await WaitAsync(context, await context.CallActivityAsync(Echo, x)));
        await GoOnAsync(async (context, x) => await WaitAsync(context, await context.CallActivityAsync(Negate, x)));

        await using var engine = await StartAsync(async (context, x) => await WaitAsync(context, await context.CallActivityAsync(Echo, x)));

        Assert.Equal(1, (await engine.WaitAsync("instance")).Output<int>());
    }

    [Fact]
    public async Task Code_that_calls_more_than_its_history_has_is_stopped()
    {
        await RunHalfwayAsync(async (context, x) => await WaitAsync(context, await context.CallActivityAsync(Echo, x)));

        var failure = await GoOnAsync(async (context, x) =>
        {
            var both = await Task.WhenAll(context.CallActivityAsync(Echo, x), context.CallActivityAsync(Negate, x));
            return await WaitAsync(context, both[0]);
        });

        Assert.Contains(
            "history has no further call in this turn, but the code called activity 'Negate' (task 1) with input 1", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_calls_less_than_its_history_has_is_stopped()
    {
        await RunHalfwayAsync(async (context, x) => await WaitAsync(context, await context.CallActivityAsync(Echo, x)));

        var failure = await GoOnAsync((_, x) => Task.FromResult(x));

        Assert.Contains("expected activity 'Echo' (task 0) with input 1, but the code returned", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_catches_the_mismatch_is_stopped_all_the_same()
    {
        await RunHalfwayAsync(async (context, x) => await WaitAsync(context, await context.CallActivityAsync(Echo, x)));

        var failure = await GoOnAsync(async (context, x) =>
        {
            try
            {
                return await context.CallActivityAsync(Echo, x + 1);
            }
            catch (Exception)
            {
                return 0;
            }
        });

        Assert.Contains("with input 1, but the code called activity 'Echo' (task 0) with input 2", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_differs_from_one_replay_to_the_next_is_stopped_without_a_restart()
    {
        var calls = 0;
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Echo, (x, _) => Task.FromResult(x))
            .AddOrchestratorFunc(Main, (context, _) => context.CallActivityAsync(Echo, calls++)));

        Assert.Contains("does not follow its history", (await engine.RunAsync(Main, 1)).Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_instance_goes_on_when_one_is_stopped()
    {
        var calls = 0;
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Echo, (x, _) => Task.FromResult(x))
            .AddOrchestratorFunc(Other, WaitAsync)
            .AddOrchestratorFunc(Main, (context, _) => context.CallActivityAsync(Echo, calls++)));
        await engine.ScheduleAsync(Other, 5, "other");
        await engine.RunAsync(Main, 1);
        await engine.RaiseAsync("other", "go on", 0);

        Assert.Equal(5, (await engine.WaitAsync("other")).Output<int>());
    }

    [Fact]
    public async Task An_orchestrator_that_awaits_something_else_than_its_context_is_stopped()
    {
        var never = new TaskCompletionSource<int>();
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (_, _) => await never.Task));

        Assert.StartsWith(
            "the orchestrator awaits a task that is not its context's", (await engine.RunAsync(Main, 1)).Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_orchestrator_that_goes_on_outside_of_its_turns_is_stopped_also_while_it_waits_for_more()
    {
        var elsewhere = new TaskCompletionSource();
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, _) =>
            {
                var raised = context.WaitForExternalEvent<int>("never");
                await elsewhere.Task;
                return await raised;
            }));
        await engine.ScheduleAsync(Main, 1, "instance");
        await engine.AtRestAsync();
        elsewhere.SetResult();

        Assert.StartsWith(
            "the orchestrator awaits a task that is not its context's", (await engine.WaitAsync("instance")).Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_orchestrator_that_waits_after_continuing_as_new_is_stopped()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, async (context, x) =>
            {
                context.ContinueAsNew(x + 1);
                return await context.WaitForExternalEvent<int>("never");
            }));

        Assert.Contains("must be called last", (await engine.RunAsync(Main, 1)).Failure(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(2_000)]
    public async Task A_turn_takes_all_that_has_arrived(int activities)
    {
        var suspended = new TaskCompletionSource();
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Echo, async (x, _) =>
            {
                await suspended.Task;
                return x;
            })
            .AddOrchestratorFunc(Main, async (context, n) =>
                (await Task.WhenAll(Enumerable.Range(0, n).Select(x => context.CallActivityAsync(Echo, x)))).Sum()));
        await engine.ScheduleAsync(Main, activities, "instance");
        await engine.Client.SuspendInstanceAsync("instance", "let all arrive", TestContext.Current.CancellationToken);
        suspended.SetResult();
        await engine.AtRestAsync();
        await engine.Client.ResumeInstanceAsync("instance", "all have arrived", TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, activities).Sum(), (await engine.WaitAsync("instance")).Output<int>());
        Assert.Equal(2, CountTurns());
    }

    private static async Task<int> WaitAsync(IOrchestrationContext context, int result)
    {
        await context.WaitForExternalEvent<int>("go on");
        return result;
    }

    private async Task RunHalfwayAsync(Func<IOrchestrationContext, int, Task<int>> code)
    {
        await using var engine = await StartAsync(code);
        await engine.ScheduleAsync(Main, 1, "instance");
        await engine.AtRestAsync();
        await engine.StopAsync();
    }

    private async Task<string> GoOnAsync(Func<IOrchestrationContext, int, Task<int>> code)
    {
        await using var engine = await StartAsync(code);
        await engine.RaiseAsync("instance", "go on", 0);
        return (await Assert.ThrowsAsync<StateFolderException>(() => engine.WaitAsync("instance"))).Message;
    }

    private Task<TestEngine> StartAsync(Func<IOrchestrationContext, int, Task<int>> code) => TestEngine.StartAsync(folder, services => services
        .AddActivityFunc(Echo, (x, _) => Task.FromResult(x))
        .AddActivityFunc(Negate, (x, _) => Task.FromResult(-x))
        .AddOrchestratorFunc(Main, code));

    private long CountTurns()
    {
        using var connection = new SqliteConnection($"Data Source={folder.Database};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM history WHERE kind = {HistoryRow.Of(new TurnStarted(default)).Kind}";
        return (long)command.ExecuteScalar()!;
    }
}
