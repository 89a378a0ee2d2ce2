using DurableTask.SqlServer;
using FlDurable.Shared.Texts;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.Logging;

namespace FlDurable.DurableTask.Hubs;

/// <summary>A task hub in a database of SQL Server or Azure SQL.</summary>
public sealed record SqlServerHub
{
    private const int LongestName = 50; // of a longer one the schema takes a digest

    private const string ChooseHubs = "EXECUTE dt.SetGlobalSetting @Name='TaskHubMode', @Value=0";

    // "Cannot open database requested by the login."
    private const int NoDatabase = 4060;

    /// <summary>The connection string, with the database.</summary>
    public required string Connection { get; init; }

    /// <summary>The hub's name, by which several hubs share a database.</summary>
    public required string Name { get; init; }

    /// <summary>How many activities this process runs at a time.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>After how long the work of a process that died is taken up by another.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the hub is not looked at, at most, when nothing happens.</summary>
    public TimeSpan LongestPoll { get; init; } = TaskHub.UsualPoll;

    /// <summary>
    /// Opens the hub, with rights to run and none to change the schema (<c>dt_runtime</c>). Nothing is sent before it is used.
    /// </summary>
    /// <param name="logs">Where Durable Task logs to.</param>
    /// <exception cref="TaskHubException">The connection isn't understood, or the name is too long.</exception>
    public TaskHub Open(ILoggerFactory logs)
    {
        if (Name.Length is 0 or > LongestName)
            throw new TaskHubException($"'{Excerpt.Counted(Name)}' is no task hub's name: expected 1 to {LongestName} characters");
        var node = HubNode.NewName();
        return TaskHub.Of(Service(node, logs, createDatabase: false), new ReachedPlace(new Place(this), Name), node);
    }

    /// <summary>
    /// Makes or upgrades the schema of all task hubs of a database, and the database if there is none, and lets connections choose their
    /// hub. For whoever administers it, once and with each new version, before the processes that use it are started.
    /// </summary>
    /// <exception cref="TaskHubException">
    /// The connection isn't understood, or the database has hubs that are given to its users by their names: nothing is changed then.
    /// </exception>
    public Task CreateSchemaAsync(ILoggerFactory logs, CancellationToken cancellationToken) => ReachedPlace.ReachAsync(hub: null, async () =>
    {
        await ChangeSchemaAsync(logs, cancellationToken);
        return true;
    });

    private async Task ChangeSchemaAsync(ILoggerFactory logs, CancellationToken cancellationToken)
    {
        await RefuseHubsOfUsersAsync(cancellationToken);
        await Service(HubNode.NewName(), logs, createDatabase: true).CreateIfNotExistsAsync();
        await using var connection = await ConnectAsync(cancellationToken);
        await ReadAsync(connection, ChooseHubs, cancellationToken);
        await ReadAsync(connection, "IF SCHEMA_ID('fldurable') IS NULL EXECUTE('CREATE SCHEMA fldurable')", cancellationToken);
        await ReadAsync(
            connection, """
            IF OBJECT_ID('fldurable.Nodes') IS NULL
                CREATE TABLE fldurable.Nodes (
                    Hub varchar(100) NOT NULL, Name nvarchar(200) NOT NULL, Version nvarchar(100) NOT NULL, Abilities nvarchar(max) NOT NULL, SeenAt datetime2 NOT NULL,
                    CONSTRAINT PK_Nodes PRIMARY KEY (Hub, Name))
            """,
            cancellationToken);
        await ReadAsync(connection, "GRANT SELECT, INSERT, UPDATE, DELETE ON fldurable.Nodes TO dt_runtime", cancellationToken);
    }

    // How hubs are told apart is one setting for all of a database: changed, it would take their hubs from those that are there.
    private async Task RefuseHubsOfUsersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await ConnectAsync(cancellationToken);
            if (await ReadAsync(connection, "SELECT OBJECT_ID('dt.GlobalSettings')", cancellationToken) is not null
                && await ReadAsync(connection, "SELECT 1 FROM dt.GlobalSettings WHERE Name = 'TaskHubMode' AND Value <> 0", cancellationToken) is not null
                && await ReadAsync(connection, "SELECT TOP 1 1 FROM dt.Instances", cancellationToken) is not null)
            {
                throw new TaskHubException(
                    $"database '{connection.Database}' has task hubs of another application, which its users are given by their names: use another database; or, if nobody "
                    + $"needs those hubs, have the database's administrator let connections choose first, by {ChooseHubs}");
            }
        }
        catch (SqlException exception) when (exception.Number == NoDatabase)
        {
            // It is to be made.
        }
    }

    private SqlOrchestrationService Service(string node, ILoggerFactory logs, bool createDatabase)
    {
        try
        {
            return new SqlOrchestrationService(new SqlOrchestrationServiceSettings(Connection, Name)
            {
                AppName = node,
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
                + ChooseHubs);
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
        catch (NotSupportedException exception)
        {
            await connection.DisposeAsync();
            throw new TaskHubException(
                "SQL Server can't be reached: this build is without the cultures that its client needs; build with -p:SqlServer=true (docs/cluster.md)", exception);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<object?> ReadAsync(
        SqlConnection connection, string query, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(connection, query, parameters);
        return await command.ExecuteScalarAsync(cancellationToken) is { } value and not DBNull ? value : null;
    }

    private static SqlCommand Command(SqlConnection connection, string query, params (string Name, object Value)[] parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // what is from outside is a parameter
        command.CommandText = query;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command;
    }

    private sealed class Place(SqlServerHub hub) : ITaskHubPlace
    {
        public Task PrepareAsync(CancellationToken cancellationToken) => hub.UseAsync(cancellationToken);

        public async Task AnnounceAsync(HubNode node, CancellationToken cancellationToken)
        {
            await using var connection = await hub.ConnectAsync(cancellationToken);
            await ReadAsync(
                connection, """
                UPDATE fldurable.Nodes SET Version = @version, Abilities = @abilities, SeenAt = SYSUTCDATETIME() WHERE Hub = @hub AND Name = @name
                IF @@ROWCOUNT = 0
                    INSERT INTO fldurable.Nodes (Hub, Name, Version, Abilities, SeenAt) VALUES (@hub, @name, @version, @abilities, SYSUTCDATETIME())
                """,
                cancellationToken, ("@hub", hub.Name), ("@name", node.Name), ("@version", node.Version), ("@abilities", string.Join('\n', node.Abilities)));
        }

        public async Task WithdrawAsync(string node, CancellationToken cancellationToken)
        {
            await using var connection = await hub.ConnectAsync(cancellationToken);
            await ReadAsync(
                connection, "DELETE FROM fldurable.Nodes WHERE Hub = @hub AND Name = @name", cancellationToken, ("@hub", hub.Name), ("@name", node));
        }

        public async Task ForgetAsync(TimeSpan silence, CancellationToken cancellationToken)
        {
            await using var connection = await hub.ConnectAsync(cancellationToken);
            await ReadAsync(
                connection, "DELETE FROM fldurable.Nodes WHERE Hub = @hub AND SeenAt < DATEADD(second, -@silence, SYSUTCDATETIME())", cancellationToken,
                ("@hub", hub.Name), ("@silence", (int)silence.TotalSeconds));
        }

        public async Task<IReadOnlyList<HubNode>> ReadNodesAsync(CancellationToken cancellationToken)
        {
            await using var connection = await hub.ConnectAsync(cancellationToken);
            await using var command = Command(
                connection, "SELECT Name, Version, Abilities FROM fldurable.Nodes WHERE Hub = @hub AND SeenAt > DATEADD(second, -@silence, SYSUTCDATETIME())",
                ("@hub", hub.Name), ("@silence", (int)NodeWatch.Silence.TotalSeconds));
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            var nodes = new List<HubNode>();
            while (await rows.ReadAsync(cancellationToken))
                nodes.Add(new HubNode(rows.GetString(0), rows.GetString(1), rows.GetString(2).Split('\n')));
            return nodes;
        }

        // Locks are rows of instances, which any node takes over.
        public Task<IReadOnlyList<HubQueue>> ReadQueuesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<HubQueue>>([]);

        // A purge removes an instance's messages in the same transaction.
        public Task DrainAsync(string instanceId, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
