using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Json;
using FlDurable.Shared.Work;

namespace FlDurable.LocalHost.Sites;

/// <summary>The sites of a state folder.</summary>
internal sealed class SqliteSiteRegistry(WorkDatabase database, TimeProvider time)
    : SqliteWorkerKeys(database, time, WorkProtocol.KeyPrefix, names: "sites", keys: "keys", owner: "site"), ISiteRegistry
{
    // A worker asks again within half a minute, and renews within twenty seconds.
    private static readonly TimeSpan ClaimLife = TimeSpan.FromMinutes(1);

    // While a worker waits it asks every few seconds; that it lives is written down more seldom.
    private static readonly TimeSpan AskedHolds = TimeSpan.FromSeconds(15);

    public Task<IReadOnlyList<SiteEntry>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<SiteEntry>>(Database.Do(connection => connection.Query(
        "SELECT name, (SELECT count(*) FROM keys WHERE site = name), asked, enrolment, refused, name IN (SELECT worker FROM gone) FROM sites ORDER BY name",
        row => new SiteEntry(
            row.GetString(0), row.GetInt32(1), Time(row.Number(2)), row.Text(3) is { } enrolment ? ContractJson.Deserialize<Enrolment>(enrolment) : null, Time(row.Number(4)),
            row.GetBoolean(5)))));

    public async Task<Enrolment?> FindEnrolmentAsync(string site, CancellationToken cancellationToken) =>
        (await ListAsync(cancellationToken)).FirstOrDefault(entry => entry.Name == site) is { Keys: > 0, Enrolment: { } enrolment } ? enrolment : null;

    public Task EnrolAsync(string site, Enrolment enrolment, CancellationToken cancellationToken) => Task.FromResult(Database.Do(connection =>
        connection.Execute("UPDATE sites SET enrolment = ?2 WHERE name = ?1", site, ContractJson.Serialize(enrolment))));

    public Task<bool> ClaimAsync(string site, string process, CancellationToken cancellationToken) => Task.FromResult(Database.Do(connection =>
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
