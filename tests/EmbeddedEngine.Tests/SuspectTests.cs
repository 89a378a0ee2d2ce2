using FlDurable.EmbeddedEngine.Isolation;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.EmbeddedEngine.Tests;

/// <summary>The process dies while activities run, and nobody knows whether one of them killed it.</summary>
public sealed class SuspectTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("Main");
    private static readonly ActivityDescriptor<int, int> Echo = new("Echo");
    private static readonly ActivityDescriptor<int, int> OfClient = new("OfClient", IsOfClients: true);
    private static readonly ActivityDescriptor<int, int> OfServer = new("OfServer");
    private static readonly ActivityDescriptor<int, int> OfEngine = new("OfEngine", AsksEngine: true);

    private readonly List<TestFolder> folders = [new TestFolder()];

    public void Dispose() => folders.ForEach(folder => folder.Dispose());

    [Fact]
    public async Task However_often_the_process_is_killed_an_activity_that_does_not_kill_it_completes()
    {
        await DieAsync(OfClient, async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        for (var kill = 1; kill < 20; kill++)
            await DieAsync(OfClient);

        await using var engine = await StartAsync(OfClient, apart: (_, _, _) => Task.FromResult("8"));

        Assert.Equal("8", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public async Task An_activity_that_ran_at_more_than_one_death_runs_apart(int deaths, bool apart)
    {
        await DieAsync(OfClient, async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        for (var death = 1; death < deaths; death++)
            await DieAsync(OfClient);

        var ranApart = new List<(string Activity, string Input)>();
        await using var engine = await StartAsync(
            OfClient, here: (x, _) => Task.FromResult(x),
            apart: (activity, input, _) =>
            {
                ranApart.Add((activity, input));
                return Task.FromResult(input);
            });

        Assert.Equal("0", (await engine.WaitAsync("instance")).Output<string>());
        Assert.Equal(apart ? [(OfClient.Name, "0")] : [], ranApart);
    }

    [Fact]
    public async Task What_asks_the_engine_itself_for_something_runs_in_its_process_whatever_has_happened()
    {
        await DieAsync(OfEngine, async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        for (var death = 1; death < 5; death++)
            await DieAsync(OfEngine);

        await using var engine = await StartAsync(
            OfEngine, here: (_, _) => Task.FromResult(7), apart: (_, _, _) => throw new InvalidOperationException("it ran apart"));

        Assert.Equal("7", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_death_is_remembered_also_of_one_that_had_not_begun_when_the_process_died_again()
    {
        await DieAsync(OfClient, async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        await DieAsync(OfClient);
        await using (await StartAsync(OfClient, takesUp: _ => false))
        {
        }

        await using var engine = await StartAsync(OfClient, apart: (_, input, _) => Task.FromResult(input));

        Assert.Equal("0", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_clients_activity_that_kills_what_it_runs_in_three_times_fails_by_name_is_not_retried_and_the_host_lives()
    {
        await DieAsync(OfClient, async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        await DieAsync(OfClient);
        var children = 0;

        await using var engine = await StartAsync(OfClient, apart: (_, _, _) =>
        {
            children++;
            throw new ProcessDiedException("signal 9");
        });
        var end = await engine.WaitAsync("instance");

        Assert.Equal("OfClient failed: it kills the process that it runs in: 3 died one after another, the last by signal 9", end.Failure());
        Assert.Equal(3, children);
        await engine.ScheduleAsync(Main, 1, "other");
        Assert.Equal("1", (await engine.WaitAsync("other")).Output<string>());
    }

    [Fact]
    public async Task One_that_kills_it_twice_and_then_does_not_completes()
    {
        await DieAsync(OfServer, async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        await DieAsync(OfServer);
        var children = 0;

        await using var engine = await StartAsync(
            OfServer, apart: (_, input, _) => ++children < 3 ? throw new ProcessDiedException("signal 9") : Task.FromResult(input));

        Assert.Equal("0", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_servers_activity_that_kills_it_stops_the_engine_with_the_reason_and_the_next_start_tries_again()
    {
        await DieAsync(OfServer, async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        await DieAsync(OfServer);

        await using (var stopped = await StartAsync(OfServer, apart: (_, _, _) => throw new ProcessDiedException("exit code 3")))
        {
            var failure = await Assert.ThrowsAsync<HostFailureException>(() => stopped.WaitAsync("instance"));
            Assert.Equal(
                "OfServer of instance can't be done now: it kills the process that it runs in: 3 died one after another, the last by exit code 3",
                failure.Message);
        }

        await using var engine = await StartAsync(OfServer, apart: (_, input, _) => Task.FromResult(input));
        Assert.Equal("0", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Theory]
    [InlineData(FailureKind.Work, 5)]
    [InlineData(FailureKind.WorkForGood, 1)]
    public async Task A_failure_apart_is_what_it_would_be_here(FailureKind kind, int attempts)
    {
        await DieAsync(OfClient, async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        await DieAsync(OfClient);
        var ran = 0;

        // The first attempt is the suspect; those that follow are other tasks, and run here.
        await using var engine = await StartAsync(
            OfClient, (_, _) => throw new KnownFailureException($"failed {++ran}", kind),
            apart: (_, _, _) => throw new KnownFailureException($"failed {++ran}", kind));

        Assert.Equal($"OfClient failed: failed {attempts}", (await engine.WaitAsync("instance")).Failure());
    }

    [Fact]
    public async Task Without_a_way_to_run_it_apart_it_runs_as_ever()
    {
        await DieAsync(OfClient, async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        for (var kill = 1; kill < 5; kill++)
            await DieAsync(OfClient);

        await using var engine = await StartAsync(OfClient, here: (x, _) => Task.FromResult(x));

        Assert.Equal("0", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_clean_stop_is_no_death()
    {
        for (var start = 0; start < 5; start++)
        {
            var running = new TaskCompletionSource();
            await using var stopped = await StartAsync(OfClient, here: (_, cancellation) => SleepAsync(running, cancellation));
            await stopped.Client.ScheduleNewOrchestrationInstanceAsync(Main, 0, "instance", TestContext.Current.CancellationToken);
            await running.Task;
            await stopped.StopAsync();
        }

        var ranApart = false;
        await using var engine = await StartAsync(
            OfClient, here: (x, _) => Task.FromResult(x),
            apart: (_, input, _) =>
            {
                ranApart = true;
                return Task.FromResult(input);
            });

        Assert.Equal("0", (await engine.WaitAsync("instance")).Output<string>());
        Assert.False(ranApart);
    }

    [Fact]
    public async Task A_stop_ends_what_runs_apart_and_holds_nothing_against_it()
    {
        await DieAsync(OfClient, async engine => await engine.ScheduleAsync(Main, 0, "instance"));
        await DieAsync(OfClient);
        var running = new TaskCompletionSource();

        await using (var stopped = await StartAsync(OfClient, apart: async (_, _, cancellation) => $"{await SleepAsync(running, cancellation)}"))
        {
            await running.Task;
            await stopped.StopAsync();
        }

        await using var engine = await StartAsync(OfClient, apart: (_, input, _) => Task.FromResult(input));
        Assert.Equal("0", (await engine.WaitAsync("instance")).Output<string>());
    }

    /// <summary>Starts an engine and leaves the folder as a kill while the activity runs would leave it.</summary>
    private async Task DieAsync(ActivityDescriptor<int, int> activity, Func<TestEngine, Task>? andThen = null)
    {
        var running = new TaskCompletionSource();
        await using var engine = await StartAsync(
            activity, here: (_, cancellation) => SleepAsync(running, cancellation),
            apart: async (_, _, cancellation) => $"{await SleepAsync(running, cancellation)}");
        if (andThen is not null)
            await andThen(engine);
        await running.Task;
        folders.Add(folders[^1].AfterKill());
    }

    private static async Task<int> SleepAsync(TaskCompletionSource running, CancellationToken cancellationToken)
    {
        running.SetResult();
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return 0;
    }

    /// <summary>Starts an engine whose instance 0 runs the activity; all others echo.</summary>
    private Task<TestEngine> StartAsync(
        ActivityDescriptor<int, int> activity, Func<int, CancellationToken, Task<int>>? here = null,
        Func<string, string, CancellationToken, Task<string>>? apart = null, Func<string, bool>? takesUp = null) => TestEngine.StartAsync(
        folders[^1],
        services =>
        {
            services
                .AddActivityFunc(Echo, (x, _) => Task.FromResult(x))
                .AddActivityFunc(activity, here ?? ((_, _) => throw new InvalidOperationException("it ran in the host's process")))
                .AddOrchestratorFunc(Main, async (context, x) => x == 0
                    ? $"{await context.CallActivityAsync(activity, x, new RetryPolicy(5, TimeSpan.Zero))}"
                    : $"{await context.CallActivityAsync(Echo, x)}");
            if (apart is not null)
                services.AddSingleton<IActivityIsolation>(new Elsewhere(apart));
        },
        takesUp: takesUp);

    private sealed class Elsewhere(Func<string, string, CancellationToken, Task<string>> run) : IActivityIsolation
    {
        public Task<string> RunAsync(string activity, string input, CancellationToken cancellationToken) => run(activity, input, cancellationToken);
    }
}
