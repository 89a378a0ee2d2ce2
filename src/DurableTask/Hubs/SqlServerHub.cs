using DurableTask.SqlServer;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.Logging;

namespace FlDurable.DurableTask.Hubs;

/// <summary>A task hub in a database of SQL Server or Azure SQL.</summary>
public sealed record SqlServerHub
{
    /// <summary>The connection string, with the database.</summary>
    public required string Connection { get; init; }

    /// <summary>The hub's name, by which several hubs share a database.</summary>
    public required string Name { get; init; }

    /// <summary>How many activities this process runs at a time.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>After how long the work of a process that died is taken up by another.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the hub is not looked at, at most, when nothing happens.</summary>
    public TimeSpan LongestPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Opens the hub, with rights to run and none to change the schema (<c>dt_runtime</c>). Nothing is sent before it is used.
    /// </summary>
    /// <param name="logs">Where Durable Task logs to.</param>
    /// <exception cref="TaskHubException">The connection isn't understood.</exception>
    public TaskHub Open(ILoggerFactory logs) => TaskHub.Of(Service(logs, createDatabase: false), new Place(this));

    /// <summary>
    /// Makes or upgrades the schema of all task hubs of a database, and the database if there is none, and lets connections choose their
    /// hub. For whoever administers it, once and with each new version, before the processes that use it are started.
    /// </summary>
    /// <exception cref="TaskHubException">The connection isn't understood.</exception>
    public async Task CreateSchemaAsync(ILoggerFactory logs, CancellationToken cancellationToken)
    {
        await Service(logs, createDatabase: true).CreateIfNotExistsAsync();
        await using var connection = await ConnectAsync(cancellationToken);
        await ReadAsync(connection, "EXECUTE dt.SetGlobalSetting @Name='TaskHubMode', @Value=0", cancellationToken);
    }

    private SqlOrchestrationService Service(ILoggerFactory logs, bool createDatabase)
    {
        try
        {
            return new SqlOrchestrationService(new SqlOrchestrationServiceSettings(Connection, Name)
            {
                AppName = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}",
                CreateDatabaseIfNotExists = createDatabase,
                MaxConcurrentActivities = Parallelism,
                WorkItemLockTimeout = LockTimeout,
                MaxOrchestrationPollingInterval = LongestPoll,
                MaxActivityPollingInterval = LongestPoll,
                LoggerFactory = logs,
            });
        }
        catch (ArgumentException)
        {
            // Without the cause, whose message may repeat a part of the connection.
            throw new TaskHubException("the task hub's connection isn't understood: expected SQL Server's connection string, with a database");
        }
    }

    // The database decides which hub a connection has: by default one that is named for the user, whatever the connection asks for.
    private async Task UseAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        if (await ReadAsync(connection, "SELECT OBJECT_ID('dt.CurrentTaskHub')", cancellationToken) is null)
        {
            throw new TaskHubException(
                $"database '{connection.Database}' has no schema of task hubs yet: whoever may change it must make the schema first");
        }

        var given = await ReadAsync(connection, "SELECT dt.CurrentTaskHub()", cancellationToken) as string;
        if (given != Name)
        {
            throw new TaskHubException(
                $"the database gives this user the task hub '{given}', not '{Name}': its administrator can let connections choose, by "
                + "EXECUTE dt.SetGlobalSetting @Name='TaskHubMode', @Value=0");
        }
    }

    private async Task<SqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new SqlConnection(new SqlConnectionStringBuilder(Connection) { ApplicationName = Name }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (SqlException exception)
        {
            await connection.DisposeAsync();
            throw new TaskHubException($"task hub '{Name}' can't be reached: {exception.Message}", exception);
        }
    }

    private static async Task<object?> ReadAsync(SqlConnection connection, string query, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // no query has anything from outside
        command.CommandText = query;
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(cancellationToken) is { } value and not DBNull ? value : null;
    }

    private sealed class Place(SqlServerHub hub) : ITaskHubPlace
    {
        public Task PrepareAsync(CancellationToken cancellationToken) => hub.UseAsync(cancellationToken);
    }
}
