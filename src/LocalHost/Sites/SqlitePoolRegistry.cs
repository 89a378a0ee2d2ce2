using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Work;

namespace FlDurable.LocalHost.Sites;

/// <summary>The keys and workers of a state folder's pool.</summary>
internal sealed class SqlitePoolRegistry(WorkDatabase database, TimeProvider time)
    : SqliteWorkerKeys(database, time, PoolProtocol.KeyPrefix, names: "pool", keys: "pool_keys", owner: "name"), IPoolRegistry
{
    // A worker asks again within half a minute, and renews within twenty seconds.
    private static readonly TimeSpan SeenHolds = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    public Task<IReadOnlyList<PoolEntry>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<PoolEntry>>(Database.Do(connection =>
    {
        var workers = connection.Query(
            "SELECT name, process, build, asked, process IN (SELECT worker FROM gone) FROM pool_workers WHERE asked > ?1 ORDER BY asked DESC, process",
            row => (Name: row.GetString(0), Entry: new PoolWorkerEntry(row.GetString(1), row.GetString(2), new DateTimeOffset(row.GetInt64(3), TimeSpan.Zero), row.GetBoolean(4))),
            Now - Kept.Ticks).ToLookup(worker => worker.Name, worker => worker.Entry, StringComparer.Ordinal);
        return connection.Query(
            "SELECT name, (SELECT count(*) FROM pool_keys WHERE pool_keys.name = pool.name) FROM pool ORDER BY name",
            row => new PoolEntry(row.GetString(0), row.GetInt32(1), [.. workers[row.GetString(0)]]));
    }));

    public Task SeeAsync(string name, string process, string? build, CancellationToken cancellationToken) => Task.FromResult(Database.Do(connection =>
    {
        if (connection.Scalar("SELECT 1 FROM pool_workers WHERE process = ?1 AND name = ?2 AND asked > ?3", process, name, Now - SeenHolds.Ticks) is not null)
            return 0;
        connection.Execute("DELETE FROM pool_workers WHERE asked <= ?1", Now - Kept.Ticks);
        return connection.Execute(
            "INSERT INTO pool_workers (process, name, build, asked) VALUES (?1, ?2, coalesce(?3, ''), ?4) ON CONFLICT (process) DO UPDATE SET name = ?2, build = coalesce(?3, build), asked = ?4",
            process, name, build, Now);
    }));
}
