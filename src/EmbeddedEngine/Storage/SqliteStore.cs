using FlDurable.EmbeddedEngine.Histories;
using FlDurable.EmbeddedEngine.Instances;
using FlDurable.Orchestrator.Durable;
using Microsoft.Data.Sqlite;

namespace FlDurable.EmbeddedEngine.Storage;

/// <summary>
/// Instances and their histories in one SQLite database, used by one thread. Writes between two commits are one transaction, and on the
/// disk when <see cref="Commit"/> returns.
/// </summary>
internal sealed class SqliteStore : IDisposable
{
    private const string SelectWhole =
        """
        SELECT key, id, orchestrator, version, root, parent, parent_execution, parent_task, execution, status, created, updated,
            custom_status, (SELECT top.id FROM instances AS top WHERE top.key = instances.root)
        FROM instances
        """;

    private readonly SqliteConnection connection;
    private readonly List<Statement> statements = [];
    private readonly Statement begin;
    private readonly Statement commit;
    private readonly Statement insertInstance;
    private readonly Statement updateInstance;
    private readonly Statement insertHistory;
    private readonly Statement deleteHistory;
    private readonly Statement purgeInstance;
    private readonly Statement deleteChildren;
    private readonly Statement selectInstance;
    private readonly Statement selectOver;

    private SqliteStore(SqliteConnection connection)
    {
        this.connection = connection;
        begin = Prepare("BEGIN IMMEDIATE", 0);
        commit = Prepare("COMMIT", 0);
        insertInstance = Prepare(
            """
            INSERT INTO instances (key, id, orchestrator, version, root, parent, parent_execution, parent_task, execution, status,
                created, updated)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10, ?11)
            """,
            11);
        updateInstance = Prepare(
            """
            UPDATE instances SET execution = ?2, status = ?3, updated = ?4, custom_status = ?5, output = ?6, failure = ?7, version = ?8
            WHERE key = ?1
            """,
            8);
        insertHistory = Prepare("INSERT INTO history VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", 9);
        deleteHistory = Prepare("DELETE FROM history WHERE instance = ?1", 1);
        purgeInstance = Prepare(
            $"UPDATE instances SET status = {InstanceListing.Purged}, custom_status = NULL, output = NULL, failure = NULL WHERE key = ?1", 1);
        deleteChildren = Prepare($"DELETE FROM instances WHERE root = ?1 AND key <> ?1 AND status = {InstanceListing.Purged}", 1);
        selectInstance = Prepare("SELECT 1 FROM instances WHERE id = ?1", 1);
        selectOver = Prepare(
            $"SELECT key FROM instances WHERE id = ?1 AND status NOT IN ({InstanceListing.LiveStatuses}, {InstanceListing.Purged})", 1);
        Listing = new InstanceListing(connection);
    }

    /// <summary>Whether anything was written since the last commit.</summary>
    public bool HasChanges { get; private set; }

    /// <summary>What hosts ask for.</summary>
    public InstanceListing Listing { get; }

    /// <summary>Opens a folder's database, or makes it.</summary>
    /// <exception cref="StateFolderException">It can't be read or written, or is a newer build's.</exception>
    public static SqliteStore Open(string folder, Action<string> crashPoint)
    {
        var path = Path.Combine(folder, "engine.db");
        StateFolderException.RefuseFolder(path);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using (var pragmas = connection.CreateCommand())
            {
                pragmas.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
                pragmas.ExecuteNonQuery();
            }

            crashPoint(CrashPoints.BeforeSchema);
            Schema.Upgrade(connection, folder, Schema.Steps);
            crashPoint(CrashPoints.AfterSchema);
            return new SqliteStore(connection);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw StateFolderException.Unreadable(folder, e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The highest key that was given out, but for those of children that were purged with their parent; 0 if none was.</summary>
    public long LastKey()
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(max(key), 0) FROM instances";
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Instances that are not over, with their histories, oldest first.</summary>
    public List<Instance> LoadLive()
    {
        var live = new List<Instance>();
        using var query = Once($"{SelectWhole} WHERE status IN ({InstanceListing.LiveStatuses}) ORDER BY key");
        using (var row = query.Query())
        {
            while (row.Read())
                live.Add(ReadInstance(row));
        }

        foreach (var instance in live)
        {
            try
            {
                LoadHistory(instance);
                instance.WasLoaded();
            }
            catch (Exception exception) when (exception is not SqliteException)
            {
                // Whatever the rows are now, nobody wrote them so.
                instance.Damage = exception is DamagedHistoryException damaged ? damaged.Message : "its events are not those of a history";
            }
        }

        return live;
    }

    /// <summary>An instance that has failed, without its history; null if there is none of that id.</summary>
    public Instance? FindFailed(string instanceId)
    {
        using var query = Once($"{SelectWhole} WHERE id = ?1 AND status = {(int)OrchestrationRuntimeStatus.Failed}", parameters: 1);
        using var row = query.Query(instanceId);
        return row.Read() ? ReadInstance(row) : null;
    }

    /// <summary>Whether there is or ever was an instance of that id.</summary>
    public bool Knows(string instanceId)
    {
        using var row = selectInstance.Query(instanceId);
        return row.Read();
    }

    /// <summary>Adds an instance.</summary>
    public void Insert(Instance instance)
    {
        Begin();
        insertInstance.Execute(
            instance.Key, instance.Id, instance.Orchestrator, instance.Version, instance.Root, instance.Parent?.Key,
            instance.Parent?.Execution, instance.Parent?.Task, (int)instance.Status, instance.CreatedAt.Ticks,
            instance.UpdatedAt.Ticks);
    }

    /// <summary>Writes what of an instance can change.</summary>
    public void Update(Instance instance)
    {
        Begin();
        updateInstance.Execute(
            instance.Key, instance.Execution.Number, (int)instance.Status, instance.UpdatedAt.Ticks, instance.CustomStatus,
            instance.Output, instance.Failure, instance.Version);
    }

    /// <summary>Adds an event to an instance's history.</summary>
    public void Append(Instance instance, int position, HistoryEvent entry)
    {
        Begin();
        var row = HistoryRow.Of(entry);
        insertHistory.Execute(
            instance.Key, position, row.Kind, row.Task, row.Name, row.Child, row.Payload, row.Time?.Ticks, row.Checksum(instance.Key, position));
    }

    /// <summary>Empties an instance's history.</summary>
    public void DeleteHistory(long key)
    {
        Begin();
        deleteHistory.Execute(key);
    }

    /// <summary>
    /// Forgets an instance that is over, but for its id: ids are never reused. Of its children that were purged not even that is kept: nobody
    /// can start them again.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    public bool TryPurge(string instanceId)
    {
        long key;
        using (var over = selectOver.Query(instanceId))
        {
            if (!over.Read())
                return false;
            key = over.GetInt64(0);
        }

        DeleteHistory(key);
        purgeInstance.Execute(key);
        deleteChildren.Execute(key);
        return true;
    }

    /// <summary>Makes everything since the last commit durable.</summary>
    /// <exception cref="StateFolderException">It can't be written; what was committed before is kept.</exception>
    public void Commit()
    {
        commit.Execute();
        HasChanges = false;
    }

    public void Dispose()
    {
        foreach (var statement in statements)
            statement.Dispose();
        connection.Dispose();
    }

    private static Instance ReadInstance(SqliteDataReader row)
    {
        var instance = new Instance
        {
            Key = row.GetInt64(0),
            Id = row.GetString(1),
            Orchestrator = row.GetString(2),
            Version = row.GetString(3),
            Root = row.GetInt64(4),
            RootId = row.GetString(13),
            Parent = row.IsDBNull(5) ? null : new ParentTask(row.GetInt64(5), row.GetInt32(6), row.GetInt32(7)),
            Status = (OrchestrationRuntimeStatus)row.GetInt32(9),
            CreatedAt = row.Utc(10),
            UpdatedAt = row.Utc(11),
            CustomStatus = row.Text(12),
        };
        instance.BeginExecution(row.GetInt32(8));
        return instance;
    }

    private void Begin()
    {
        if (HasChanges)
            return;
        begin.Execute();
        HasChanges = true;
    }

    private void LoadHistory(Instance instance)
    {
        using var query = Once(
            "SELECT kind, task, name, child, payload, time, position, checksum FROM history WHERE instance = ?1 ORDER BY position", parameters: 1);
        using var row = query.Query(instance.Key);
        while (row.Read())
        {
            var entry = new HistoryRow(
                row.GetInt32(0), row.IsDBNull(1) ? null : row.GetInt32(1), row.Text(2), row.Text(3), row.Text(4),
                row.IsDBNull(5) ? null : row.Utc(5));
            var position = row.GetInt32(6);
            if (position != instance.History.Count)
                throw new DamagedHistoryException($"event {instance.History.Count} is missing");

            // Builds before this one wrote no checksums.
            if (!row.IsDBNull(7) && row.GetInt64(7) != entry.Checksum(instance.Key, position))
                throw new DamagedHistoryException($"event {position} is not what was written");
            instance.History.Append(entry.ToEvent());
        }

        if (instance.History.Count == 0)
            throw new DamagedHistoryException("it is empty");
        foreach (var _ in instance.History.Turns())
        {
            // Each is one, or this throws.
        }
    }

    private Statement Prepare(string sql, int parameters)
    {
        var statement = new Statement(connection, sql, parameters);
        statements.Add(statement);
        return statement;
    }

    private Statement Once(string sql, int parameters = 0) => new(connection, sql, parameters);
}

/// <summary>A history is not as it was written.</summary>
internal sealed class DamagedHistoryException(string message) : Exception(message);
