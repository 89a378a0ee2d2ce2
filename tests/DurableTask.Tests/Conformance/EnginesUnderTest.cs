using FlDurable.DurableTask.Hubs;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.EmbeddedEngine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.DurableTask.Tests.Conformance;

/// <summary>The engines that the suite is played on.</summary>
internal static class EnginesUnderTest
{
    /// <summary>Holds the connection string of a database of SQL Server, where there is one to test on.</summary>
    public const string SqlServer = "FLDURABLE_TEST_SQLSERVER";

    private const string Embedded = "embedded engine";
    private const string InMemory = "hub in memory";
    private const string InAzureStorage = "hub in Azure Storage";
    private const string InSqlServer = "hub in SQL Server";

    private static readonly string? Database = Environment.GetEnvironmentVariable(SqlServer);

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names => Database is null
        ? [Embedded, InMemory, InAzureStorage]
        : [Embedded, InMemory, InAzureStorage, InSqlServer];

    /// <summary>Starts an engine without instances.</summary>
    public static async Task<EngineHost> StartAsync(string name, StorageFixture storage)
    {
        switch (name)
        {
            case Embedded:
                var folder = new TestFolder();
                return await EngineHost.StartAsync(
                    services => services.AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = folder.Path }),
                    (app, cancel) => app.GetRequiredService<EmbeddedEngineHost>().StartAsync(cancel),
                    app => app.GetRequiredService<EmbeddedEngineHost>().DisposeAsync(),
                    folder.Dispose);
            case InMemory:
                var service = new RememberingMemory();
                return await OnHubAsync(services => services.AddTaskHub(_ => TaskHub.Of(service)));
            case InAzureStorage:
                var hub = storage.NewHub();
                return await OnHubAsync(services => services.AddTaskHub(hub.Open));
            default:
                var sql = new SqlServerHub { Connection = Database!, Name = $"t{Guid.NewGuid():N}", LongestPoll = TimeSpan.FromMilliseconds(200) };
                await sql.CreateSchemaAsync(NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
                return await OnHubAsync(services => services.AddTaskHub(sql.Open));
        }
    }

    private static Task<EngineHost> OnHubAsync(Action<IServiceCollection> add) => EngineHost.StartAsync(
        add,
        (app, cancel) => app.GetRequiredService<HubWorker>().StartAsync(cancel),
        app => app.GetRequiredService<HubWorker>().DisposeAsync(),
        () => { });
}
