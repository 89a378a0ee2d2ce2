using FlDurable.EmbeddedEngine.Storage;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Data.Sqlite;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class DamagedDatabaseTests : IDisposable
{
    private const int PageBytes = 4096;

    private static readonly OrchestratorDescriptor<int, string> Main = new("Main");
    private static readonly OrchestratorDescriptor<int, string> Halfway = new("Halfway");
    private static readonly ActivityDescriptor<int, int> Echo = new("Echo");

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Whatever_page_of_it_is_damaged_is_said_with_what_to_do_or_does_not_matter()
    {
        await using (var engine = await StartAsync(folder))
        {
            for (var instance = 0; instance < 50; instance++)
                await engine.ScheduleAsync(Main, 0, $"instance-{instance}");
        }

        var whole = await File.ReadAllBytesAsync(folder.Database, TestContext.Current.CancellationToken);
        var refused = 0;
        for (var page = 0; page < whole.Length / PageBytes; page++)
        {
            using var damaged = new TestFolder();
            var content = (byte[])whole.Clone();
            content.AsSpan(page * PageBytes, PageBytes).Fill(0xA5);
            await File.WriteAllBytesAsync(damaged.Database, content, TestContext.Current.CancellationToken);

            refused += await IsRefusedAsync(async () => await (await StartAsync(damaged)).DisposeAsync()) ? 1 : 0;
            await IsRefusedAsync(() =>
            {
                using var reader = InstanceReader.Open(damaged.Path);
                reader?.List(new OrchestrationQuery());
                reader?.Find("instance-7");
                return Task.CompletedTask;
            });
        }

        Assert.InRange(refused, 3, whole.Length / PageBytes);
    }

    [Theory]
    [InlineData("UPDATE history SET payload = '2' WHERE instance = 1 AND position = 0")]
    [InlineData("UPDATE history SET time = time + 1 WHERE instance = 1 AND position = 1")]
    [InlineData("UPDATE history SET task = task + 1 WHERE instance = 1 AND position = 2")]
    [InlineData("UPDATE history SET name = 'Ecko' WHERE instance = 1 AND position = 2")]
    [InlineData("UPDATE history SET payload = 's' WHERE instance = 1 AND position = 3")]
    [InlineData("UPDATE history SET kind = 4 WHERE instance = 1 AND position = 3")]
    [InlineData("UPDATE history SET payload = NULL WHERE instance = 1 AND position = 3")]
    [InlineData("UPDATE history SET checksum = NULL, kind = 99 WHERE instance = 1 AND position = 3")]
    [InlineData("UPDATE history SET checksum = NULL, kind = 3 WHERE instance = 1 AND position = 1")]
    [InlineData("DELETE FROM history WHERE instance = 1 AND position = 2")]
    [InlineData("DELETE FROM history WHERE instance = 1")]
    public async Task A_history_that_is_not_as_it_was_written_stops_the_engine_and_fails_nobody(string change)
    {
        await RunHalfwayAsync("instance", "other");
        Execute(change);

        var refusal = await Assert.ThrowsAsync<StateFolderException>(() => GoOnAsync());

        Assert.StartsWith($"'{folder.Database}' is damaged: the history of 'instance' can't be gone on with", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("move it away with its -wal and -shm", refusal.Message, StringComparison.Ordinal);
        using var reader = InstanceReader.Open(folder.Path);
        Assert.Equal(OrchestrationRuntimeStatus.Running, reader!.Find("instance")!.RuntimeStatus);
    }

    [Fact]
    public async Task An_engine_that_waits_for_its_host_leaves_it_as_it_is_and_goes_on_with_the_others()
    {
        await RunHalfwayAsync("instance", "other");
        Execute("UPDATE history SET payload = 's' WHERE instance = 1 AND position = 3");

        await using var engine = await GoOnAsync(waitsForHost: true);
        await engine.RaiseAsync("instance", "go on", "it");
        await engine.RaiseAsync("other", "go on", "it");

        Assert.Equal("it", (await engine.WaitAsync("other")).Output<string>());
        await engine.AtRestAsync();
        var left = await engine.GetAsync("instance");
        Assert.Equal(OrchestrationRuntimeStatus.Running, left.RuntimeStatus);
        Assert.Contains("the history of 'instance' can't be gone on with, event 3 is not what was written", left.Waiting, StringComparison.Ordinal);
        await engine.Client.TerminateInstanceAsync("instance", "enough", TestContext.Current.CancellationToken);
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, null), ((await engine.GetAsync("instance")).RuntimeStatus, (await engine.GetAsync("instance")).Waiting));
    }

    [Fact]
    public async Task Histories_of_builds_that_knew_no_checksums_are_gone_on_with()
    {
        await RunHalfwayAsync("instance");
        Execute("UPDATE history SET checksum = NULL");

        await using var engine = await GoOnAsync();
        await engine.RaiseAsync("instance", "go on", "it");

        Assert.Equal("it", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Theory]
    [InlineData("engine.db")]
    [InlineData("engine.running")]
    [InlineData("engine.lock")]
    [InlineData("engine.owner")]
    [InlineData("engine.alive")]
    public async Task A_folder_in_the_place_of_a_file_is_said(string name)
    {
        var path = Path.Combine(folder.Path, name);
        Directory.CreateDirectory(path);

        var refusal = await Assert.ThrowsAsync<StateFolderException>(() => StartAsync(folder));

        Assert.StartsWith($"'{path}' is a folder", refusal.Message, StringComparison.Ordinal);
    }

    private async Task RunHalfwayAsync(params string[] ids)
    {
        await using var engine = await GoOnAsync();
        foreach (var id in ids)
            await engine.ScheduleAsync(Halfway, 1, id);
        await engine.AtRestAsync();
        await engine.StopAsync();
    }

    private Task<TestEngine> GoOnAsync(bool waitsForHost = false) => TestEngine.StartAsync(
        folder,
        services => services
            .AddActivityFunc(Echo, (x, _) => Task.FromResult(x))
            .AddOrchestratorFunc(Halfway, async (context, x) =>
            {
                await context.CallActivityAsync(Echo, x);
                return await context.WaitForExternalEvent<string>("go on");
            }),
        waitsForHost: waitsForHost);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }

    private static async Task<bool> IsRefusedAsync(Func<Task> use)
    {
        try
        {
            await use();
            return false;
        }
        catch (StateFolderException exception)
        {
            Assert.Contains("move it away with its -wal and -shm", exception.Message, StringComparison.Ordinal);
            return true;
        }
    }

    private static Task<TestEngine> StartAsync(TestFolder folder) => TestEngine.StartAsync(
        folder, services => services.AddOrchestratorFunc(Main, (context, _) => context.WaitForExternalEvent<string>("never")));
}
