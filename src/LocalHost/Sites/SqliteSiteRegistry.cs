using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Json;
using FlDurable.Shared.Work;

namespace FlDurable.LocalHost.Sites;

/// <summary>The sites of a state folder.</summary>
internal sealed class SqliteSiteRegistry(WorkDatabase database, TimeProvider time) : ISiteRegistry
{
    // A worker asks again within half a minute, and renews within twenty seconds.
    private static readonly TimeSpan ClaimLife = TimeSpan.FromMinutes(1);

    // While a worker waits it asks every few seconds; that it lives is written down more seldom.
    private static readonly TimeSpan AskedHolds = TimeSpan.FromSeconds(15);

    private long Now => time.GetUtcNow().UtcTicks;

    public Task<string?> AddKeyAsync(string site, CancellationToken cancellationToken)
    {
        var key = WorkerSecret.Make(WorkProtocol.KeyPrefix, site);
        return Task.FromResult(database.Do(connection =>
        {
            if ((long)connection.Scalar("SELECT count(*) FROM keys WHERE site = ?1", site)! >= ISiteRegistry.MostKeys)
                return null;
            connection.Execute("INSERT INTO sites (name) VALUES (?1) ON CONFLICT (name) DO NOTHING", site);
            connection.Execute("INSERT INTO keys (hash, site, made) VALUES (?1, ?2, ?3)", WorkerSecret.Hash(key), site, Now);
            return key;
        }));
    }

    public Task<string?> FindByKeyAsync(string key, CancellationToken cancellationToken) => Task.FromResult(database.Do(
        connection => WorkerSecret.Find(connection, key, WorkProtocol.KeyPrefix, "SELECT hash, site FROM keys WHERE hash = ?1")));

    public Task<int?> RevokeAsync(string site, bool sparesNewest, CancellationToken cancellationToken) => Task.FromResult(database.Do<int?>(connection =>
    {
        if (connection.Scalar("SELECT 1 FROM sites WHERE name = ?1", site) is null)
            return null;
        var spared = sparesNewest ? (string?)connection.Scalar("SELECT hash FROM keys WHERE site = ?1 ORDER BY made DESC, hash LIMIT 1", site) : null;
        return connection.Execute("DELETE FROM keys WHERE site = ?1 AND hash IS NOT ?2", site, spared);
    }));

    public Task<IReadOnlyList<SiteEntry>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<SiteEntry>>(database.Do(connection => connection.Query(
        "SELECT name, (SELECT count(*) FROM keys WHERE site = name), asked, enrolment, refused FROM sites ORDER BY name",
        row => new SiteEntry(
            row.GetString(0), row.GetInt32(1), Time(row.Number(2)), row.Text(3) is { } enrolment ? ContractJson.Deserialize<Enrolment>(enrolment) : null, Time(row.Number(4))))));

    public async Task<Enrolment?> FindEnrolmentAsync(string site, CancellationToken cancellationToken) =>
        (await ListAsync(cancellationToken)).FirstOrDefault(entry => entry.Name == site) is { Keys: > 0, Enrolment: { } enrolment } ? enrolment : null;

    public Task EnrolAsync(string site, Enrolment enrolment, CancellationToken cancellationToken) => Task.FromResult(database.Do(connection =>
        connection.Execute("UPDATE sites SET enrolment = ?2 WHERE name = ?1", site, ContractJson.Serialize(enrolment))));

    public Task<bool> ClaimAsync(string site, string process, CancellationToken cancellationToken) => Task.FromResult(database.Do(connection =>
    {
        if (connection.Scalar("SELECT 1 FROM sites WHERE name = ?1 AND process = ?2 AND asked > ?3", site, process, Now - AskedHolds.Ticks) is not null)
            return true;
        var isTaken = connection.Execute(
            "UPDATE sites SET process = ?2, asked = ?3 WHERE name = ?1 AND (process IS NULL OR process = ?2 OR asked <= ?4)", site, process, Now, Now - ClaimLife.Ticks) == 1;
        if (!isTaken)
            connection.Execute("UPDATE sites SET refused = ?2 WHERE name = ?1", site, Now);
        return isTaken;
    }));

    private static DateTimeOffset? Time(long? ticks) => ticks is { } known ? new DateTimeOffset(known, TimeSpan.Zero) : null;
}
