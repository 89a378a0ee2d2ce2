using System.Globalization;
using FlDurable.Orchestrator.Durable;
using Microsoft.Data.Sqlite;

namespace FlDurable.EmbeddedEngine.Storage;

/// <summary>What is known of instances, read for hosts.</summary>
internal sealed class InstanceListing(SqliteConnection connection)
{
    /// <summary>The states of instances that are not over, for SQL.</summary>
    public static string LiveStatuses { get; } = Numbers(
        [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended]);

    /// <summary>The state of an instance of which only the id is left.</summary>
    public const int Purged = 100;

    private const string Columns = "orchestrator, id, status, created, updated, custom_status, output, failure, key";

    /// <summary>An instance by its id, or null.</summary>
    public OrchestrationMetadata? Find(string instanceId)
    {
        using var query = new Statement(connection, $"SELECT {Columns} FROM instances WHERE id = ?1 AND status <> {Purged}", 1);
        using var row = query.Query(instanceId);
        return row.Read() ? Read(row) : null;
    }

    /// <summary>A page of instances, oldest first.</summary>
    /// <exception cref="ArgumentException">The page's size or the continuation token is none.</exception>
    public OrchestrationPage List(OrchestrationQuery query)
    {
        var after = 0L;
        if (query.PageSize is < 1 or > 1_000)
            throw new ArgumentException($"expected a page size of 1 to 1,000, got {query.PageSize}", nameof(query));
        if (query.ContinuationToken is { } token && !TryReadToken(token, out after))
            throw new ArgumentException($"'{token}' is no continuation token", nameof(query));

        var statuses = query.Statuses is null ? "" : $"AND status IN ({Numbers(query.Statuses)})";
        using var statement = new Statement(
            connection,
            $"""
            SELECT {Columns} FROM instances
            WHERE key > ?1 AND status <> {Purged} AND (?2 IS NULL OR substr(id, 1, length(?2)) = ?2) AND (?3 IS NULL OR orchestrator = ?3) {statuses}
            ORDER BY key LIMIT ?4
            """,
            4);
        using var row = statement.Query(after, query.InstanceIdPrefix, query.OrchestratorName, query.PageSize + 1);
        var page = new List<OrchestrationMetadata>();
        string? next = null;
        for (var last = ""; row.Read(); last = row.GetInt64(8).ToString(CultureInfo.InvariantCulture))
        {
            if (page.Count == query.PageSize)
            {
                next = last;
                break;
            }

            page.Add(Read(row));
        }

        return new OrchestrationPage(page, next);
    }

    /// <summary>Whether a page can have ended so: a token is the key of the page's last instance, which is kept even when that is purged.</summary>
    private bool TryReadToken(string token, out long key)
    {
        if (!long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out key) || key.ToString(CultureInfo.InvariantCulture) != token)
            return false;
        using var query = new Statement(connection, "SELECT 1 FROM instances WHERE key = ?1", 1);
        using var row = query.Query(key);
        return row.Read();
    }

    private static OrchestrationMetadata Read(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(1), (OrchestrationRuntimeStatus)row.GetInt32(2), row.Utc(3), row.Utc(4), row.Text(5),
        row.Text(6), row.Text(7));

    private static string Numbers(IEnumerable<OrchestrationRuntimeStatus> statuses) =>
        string.Join(", ", statuses.Select(status => ((int)status).ToString(CultureInfo.InvariantCulture)));
}
