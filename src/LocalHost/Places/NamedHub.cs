using FlDurable.DurableTask.Hubs;
using FlDurable.LocalHost.CommandLine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.LocalHost.Places;

/// <summary>
/// A task hub that federations are on, in place of an engine of this process's own: in the storage account that the artifacts are in, or in a
/// database.
/// </summary>
internal sealed class NamedHub
{
    /// <summary>The environment variable that has the name.</summary>
    public const string Variable = "FLDURABLE_HUB";

    /// <summary>The environment variable that has the database's connection string.</summary>
    public const string DatabaseVariable = "FLDURABLE_SQL";

    private const int UsualPartitions = 4;

    private readonly string? account;
    private readonly string? database;
    private readonly string options;

    private NamedHub(string name, string? account, string? database, string options)
    {
        Name = name;
        this.account = account;
        this.database = database;
        this.options = options;
    }

    /// <summary>The hub's name.</summary>
    public string Name { get; }

    /// <summary>What a further command must be given to find the same, with a space before it; empty where that is the default.</summary>
    public string AsOptions => options;

    /// <summary>The hub that is named; else that of the environment; else null.</summary>
    /// <param name="named">What the command line names.</param>
    /// <param name="sql">The database that the command line names.</param>
    /// <param name="storage">Where the artifacts are, if in blob storage.</param>
    /// <param name="environment">The environment's variables.</param>
    /// <exception cref="UsageException">It is not said where the hub is, or a database is named without a hub.</exception>
    public static NamedHub? Of(string? named, string? sql, StorageConnection? storage, Func<string, string?> environment)
    {
        var name = named ?? environment(Variable);
        if (string.IsNullOrEmpty(name))
            return sql is null ? null : throw new UsageException("--sql: names the database of a task hub; expected --hub NAME as well");
        var database = sql ?? (environment(DatabaseVariable) is { Length: > 0 } variable ? variable : null);
        if (database is null && storage is null)
        {
            throw new UsageException(
                $"--hub: expected --storage (or ${StorageConnection.Variable}), whose account has task hub '{name}', or --sql (or ${DatabaseVariable}), whose database has it");
        }

        return new NamedHub(
            name, database is null ? storage!.Account : null, database,
            (named is null ? "" : $" --hub {named}") + (sql is null ? "" : " --sql CONNECTION"));
    }

    /// <summary>Finds the hub, for whoever works on none of it.</summary>
    /// <returns>What opens it.</returns>
    /// <exception cref="UsageException">There is none of that name.</exception>
    /// <exception cref="TaskHubException">It can't be reached, or what names it isn't understood.</exception>
    public async Task<Func<ILoggerFactory, TaskHub>> FindAsync(CancellationToken cancellationToken)
    {
        if (database is not null)
        {
            var found = InDatabase(parallelism: 1);
            await found.Open(NullLoggerFactory.Instance).PrepareAsync(cancellationToken); // makes nothing there
            return found.Open;
        }

        var partitions = await InAccount().CountPartitionsAsync(cancellationToken);
        return partitions > 0
            ? (InAccount() with { Partitions = partitions }).Open
            : throw new UsageException($"--hub: there is no task hub '{Name}' in the storage account; fldurable node makes it");
    }

    /// <summary>Finds the hub for a node that works on it, or lets it be made.</summary>
    /// <returns>What opens it.</returns>
    /// <exception cref="TaskHubException">It can't be reached, or what names it isn't understood.</exception>
    /// <exception cref="UsageException">A database has no partitions.</exception>
    public async Task<Func<ILoggerFactory, TaskHub>> FindForNodeAsync(NodeSettings node, CancellationToken cancellationToken)
    {
        if (database is not null)
        {
            return node.Partitions is null
                ? (InDatabase(node.Parallelism) with { LockTimeout = node.LockTimeout, LongestPoll = node.LongestPoll }).Open
                : throw new UsageException("--partitions: a task hub in a database has none, and as many nodes run orchestrators as there are");
        }

        var decided = await InAccount().DecidePartitionsAsync(node.Partitions ?? UsualPartitions, cancellationToken);
        return (InAccount() with
        {
            Parallelism = node.Parallelism,
            Partitions = node.Partitions ?? decided,
            IsDivided = node.Partitions is null || node.Partitions == decided,
            LockTimeout = node.LockTimeout,
            LongestPoll = node.LongestPoll,
        }).Open;
    }

    /// <summary>Makes or upgrades the schema of task hubs in a database.</summary>
    /// <param name="sql">The database that the command line names.</param>
    /// <param name="environment">The environment's variables.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UsageException">None is named.</exception>
    /// <exception cref="TaskHubException">It can't be reached or changed.</exception>
    public static async Task CreateSchemaAsync(string? sql, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        var database = sql ?? environment(DatabaseVariable);
        if (string.IsNullOrEmpty(database))
            throw new UsageException($"schema: expected --sql CONNECTION (or ${DatabaseVariable}), the database of SQL Server to make the schema in");
        await new SqlServerHub { Connection = database, Name = "schema" }.CreateSchemaAsync(NullLoggerFactory.Instance, cancellationToken);
    }

    private AzureStorageHub InAccount() => new() { Connection = account!, Name = Name };

    private SqlServerHub InDatabase(int parallelism) => new() { Connection = database!, Name = Name, Parallelism = parallelism };
}

/// <summary>How a node takes part in a hub.</summary>
/// <param name="Parallelism">How many activities it runs at a time.</param>
/// <param name="Partitions">Into how many partitions a new hub is divided; null for the usual number, and for as many as there are.</param>
/// <param name="LockTimeout">After how long what the node was doing is taken up by others when it dies.</param>
/// <param name="LongestPoll">After how long at most it finds what waits for it.</param>
internal sealed record NodeSettings(int Parallelism, int? Partitions, TimeSpan LockTimeout, TimeSpan LongestPoll);
