using FlDurable.EmbeddedEngine.Storage;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class RestartTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("Main");
    private static readonly OrchestratorDescriptor<int, string> Child = new("Child");
    private static readonly ActivityDescriptor<int, int> Echo = new("Echo");

    private readonly TestFolder folder = new();
    private readonly FakeTimeProvider time = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_running_activity_is_cancelled_by_a_stop_and_run_again_by_the_next_start()
    {
        var running = new TaskCompletionSource();
        var cancelled = false;
        await using (var first = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, EchoOnceAsync)
            .AddActivityFunc(Echo, async (x, cancellation) =>
            {
                running.SetResult();
                var stopped = new TaskCompletionSource();
                await using var registration = cancellation.Register(stopped.SetResult);
                await stopped.Task;
                cancelled = true;
                cancellation.ThrowIfCancellationRequested();
                return x;
            })))
        {
            await first.ScheduleAsync(Main, 4, "instance");
            await running.Task;
            await first.StopAsync();
        }

        await using var second = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, EchoOnceAsync)
            .AddActivityFunc(Echo, (x, _) => Task.FromResult(x)));

        Assert.Equal("4", (await second.WaitAsync("instance")).Output<string>());
        Assert.True(cancelled);
    }

    [Fact]
    public async Task An_instance_and_its_child_that_an_engine_does_not_take_up_wait_for_one_that_does()
    {
        static Task<string> HaveChild(IOrchestrationContext context, int x) =>
            context.CallSubOrchestratorAsync(Child, x, $"{context.InstanceId}:child");

        void Configure(IServiceCollection services) => services
            .AddOrchestratorFunc(Main, HaveChild)
            .AddOrchestratorFunc(Child, (context, _) => context.WaitForExternalEvent<string>("go"));

        await using (var first = await TestEngine.StartAsync(folder, Configure))
        {
            await first.ScheduleAsync(Main, 1, "one");
            await first.ScheduleAsync(Main, 2, "two");
            await first.AtRestAsync();
        }

        await using (var second = await TestEngine.StartAsync(folder, Configure, takesUp: id => id == "two"))
        {
            await second.RaiseAsync("one:child", "go", "first");
            await second.RaiseAsync("two:child", "go", "second");
            Assert.Equal("second", (await second.WaitAsync("two")).Output<string>());
            await second.AtRestAsync();
            Assert.Equal(OrchestrationRuntimeStatus.Running, (await second.GetAsync("one:child")).RuntimeStatus);
        }

        await using var third = await TestEngine.StartAsync(folder, Configure);
        Assert.Equal("first", (await third.WaitAsync("one")).Output<string>());
    }

    [Fact]
    public async Task A_child_whose_parent_is_over_is_taken_up_with_its_family()
    {
        void Configure(IServiceCollection services) => services
            .AddOrchestratorFunc(Main, (context, x) => context.CallSubOrchestratorAsync(Child, x, "child"))
            .AddOrchestratorFunc(Child, (context, _) => context.WaitForExternalEvent<string>("go"));

        await using (var first = await TestEngine.StartAsync(folder, Configure))
        {
            await first.ScheduleAsync(Main, 1, "parent");
            await first.AtRestAsync();
            await first.Client.TerminateInstanceAsync("parent", "not needed", TestContext.Current.CancellationToken);
        }

        await using var second = await TestEngine.StartAsync(folder, Configure, takesUp: id => id == "parent");
        await second.RaiseAsync("child", "go", "gone");

        Assert.Equal("gone", (await second.WaitAsync("child")).Output<string>());
    }

    [Fact]
    public async Task Timers_events_children_and_the_custom_status_survive_a_restart()
    {
        static async Task<string> WaitForAll(IOrchestrationContext context, int x)
        {
            context.SetCustomStatus("waiting");
            var timer = context.CreateTimer(context.CurrentUtcDateTime.AddHours(1), CancellationToken.None);
            var child = context.CallSubOrchestratorAsync(Child, x, "child");
            await timer;
            return $"{await child} {await context.WaitForExternalEvent<string>("early")}";
        }

        void Configure(IServiceCollection services) => services
            .AddOrchestratorFunc(Main, WaitForAll)
            .AddOrchestratorFunc(Child, (context, _) => context.WaitForExternalEvent<string>("late"));

        await using (var first = await TestEngine.StartAsync(folder, Configure, time))
        {
            await first.ScheduleAsync(Main, 4, "instance");
            await first.RaiseAsync("instance", "early", "e");
            await first.AtRestAsync();
            await first.StopAsync();
        }

        time.Advance(TimeSpan.FromHours(2));
        await using var second = await TestEngine.StartAsync(folder, Configure, time);
        Assert.Equal("waiting", (await second.GetAsync("instance")).ReadCustomStatusAs<string>());
        await second.RaiseAsync("child", "late", "l");

        Assert.Equal("l e", (await second.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task What_was_over_is_still_known_after_a_restart()
    {
        await using (var first = await TestEngine.StartAsync(folder, services => services
            .AddOrchestratorFunc(Main, (_, x) => Task.FromResult($"{x}"))))
        {
            await first.RunAsync(Main, 3);
            await first.StopAsync();
        }

        await using var second = await TestEngine.StartAsync(folder, _ => { });

        Assert.Equal("3", (await second.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_second_engine_on_a_state_folder_is_refused_with_the_folder_named()
    {
        await using var first = await TestEngine.StartAsync(folder, _ => { });

        var refusal = await Assert.ThrowsAsync<StateFolderException>(() => TestEngine.StartAsync(folder, _ => { }));

        Assert.StartsWith($"the state folder '{folder.Path}' is in use", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_folder_of_a_newer_schema_is_refused()
    {
        await (await TestEngine.StartAsync(folder, _ => { })).DisposeAsync();
        Execute("PRAGMA user_version = 1000");

        var refusal = await Assert.ThrowsAsync<StateFolderException>(() => TestEngine.StartAsync(folder, _ => { }));

        Assert.StartsWith($"the state folder '{folder.Path}' has schema version 1000", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_schema_is_brought_up_to_date_and_keeps_what_it_has()
    {
        using var connection = new SqliteConnection($"Data Source={folder.Database};Pooling=False");
        connection.Open();
        string[] old = ["CREATE TABLE rounds (round INTEGER); INSERT INTO rounds VALUES (7)"];
        Schema.Upgrade(connection, folder.Path, old);
        Schema.Upgrade(connection, folder.Path, [.. old, "ALTER TABLE rounds ADD COLUMN clients INTEGER DEFAULT 10"]);

        using var command = connection.CreateCommand();
        command.CommandText = "SELECT 10 * round + clients FROM rounds";
        Assert.Equal(80L, command.ExecuteScalar());
        command.CommandText = "PRAGMA user_version";
        Assert.Equal(2L, command.ExecuteScalar());
    }

    [Fact]
    public async Task A_state_folder_whose_engine_died_before_it_had_tables_is_one_without_instances()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => TestEngine.StartAsync(
            folder, _ => { }, crashPoint: point => throw new InvalidOperationException(point)));

        Assert.True(File.Exists(folder.Database));
        Assert.Null(InstanceReader.Open(folder.Path));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_with_its_name()
    {
        await File.WriteAllTextAsync(folder.Database, new string('x', 5_000), TestContext.Current.CancellationToken);

        var refusal = await Assert.ThrowsAsync<StateFolderException>(() => TestEngine.StartAsync(folder, _ => { }));

        Assert.StartsWith(
            $"'{folder.Database}' can't be used as the engine's database: it is no database. If it is damaged, move it away", refusal.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_of_another_version_stays_as_it_is_until_its_version_comes_back()
    {
        void Configure(IServiceCollection services, string version) => services
            .AddSingleton(new OrchestrationVersion(version))
            .AddOrchestratorFunc(Main, (context, _) => context.WaitForExternalEvent<string>("go on"));

        await using (var first = await TestEngine.StartAsync(folder, services => Configure(services, "1")))
        {
            await first.ScheduleAsync(Main, 0, "instance");
            await first.AtRestAsync();
            await first.StopAsync();
        }

        var log = new RecordingLoggerProvider();
        await using (var second = await TestEngine.StartAsync(folder, services =>
        {
            services.AddLogging(logging => logging.AddProvider(log));
            Configure(services, "2");
        }))
        {
            await second.RaiseAsync("instance", "go on", "gone on");
            var refusal = await Assert.ThrowsAsync<OrchestrationVersionException>(() => second.WaitAsync("instance"));
            Assert.StartsWith(
                "'instance' was started by version 1 of the orchestrations and this build has version 2", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(OrchestrationRuntimeStatus.Running, (await second.GetAsync("instance")).RuntimeStatus);
            Assert.Contains(log.Lines, line => line.Contains("Instance instance was started by version 1", StringComparison.Ordinal));
            await second.StopAsync();
        }

        await using var third = await TestEngine.StartAsync(folder, services => Configure(services, "1"));

        Assert.Equal("gone on", (await third.WaitAsync("instance")).Output<string>());
    }

    private static async Task<string> EchoOnceAsync(IOrchestrationContext context, int x) => $"{await context.CallActivityAsync(Echo, x)}";

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
