using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using Microsoft.Data.Sqlite;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class PurgeTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, int> Parent = new("Parent");
    private static readonly OrchestratorDescriptor<int, int> Child = new("Child");

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Of_a_family_that_is_purged_nothing_is_kept_but_the_id_at_its_top_and_that_is_not_used_again()
    {
        await using (var engine = await StartAsync())
        {
            await engine.RunAsync(Parent, 3, "purged");
            await engine.RunAsync(Parent, 2, "kept");
            foreach (var id in (string[])["purged:0", "purged:1", "purged:2", "purged"])
                Assert.True(await engine.Client.PurgeInstanceAsync(id, TestContext.Current.CancellationToken));
        }

        Assert.Equal(["kept", "kept:0", "kept:1", "purged"], Rows("SELECT id FROM instances ORDER BY id"));
        Assert.Equal(["0"], Rows("SELECT count(*) FROM history WHERE instance NOT IN (SELECT key FROM instances WHERE id LIKE 'kept%')"));
        await using var next = await StartAsync();
        Assert.False(await next.Client.ScheduleNewOrchestrationInstanceAsync(Parent, 3, "purged", TestContext.Current.CancellationToken));
        Assert.Equal(1, (await next.RunAsync(Parent, 1, "new")).Output<int>());
    }

    [Fact]
    public async Task A_child_that_is_purged_while_its_parent_is_not_keeps_its_id()
    {
        await using var engine = await StartAsync();
        await engine.RunAsync(Parent, 2, "parent");
        await engine.Client.PurgeInstanceAsync("parent:0", TestContext.Current.CancellationToken);

        Assert.False(await engine.Client.ScheduleNewOrchestrationInstanceAsync(Child, 1, "parent:0", TestContext.Current.CancellationToken));
    }

    private Task<TestEngine> StartAsync() => TestEngine.StartAsync(folder, services => services
        .AddOrchestratorFunc(Child, (_, x) => Task.FromResult(x))
        .AddOrchestratorFunc(Parent, async (context, children) =>
        {
            for (var child = 0; child < children; child++)
                await context.CallSubOrchestratorAsync(Child, child, $"{context.InstanceId}:{child}");
            return children;
        }));

    private List<string> Rows(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.Database};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var row = command.ExecuteReader();
        var rows = new List<string>();
        while (row.Read())
            rows.Add(row.GetString(0));
        return rows;
    }
}
