using System.Security.Cryptography;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Work;
using Microsoft.Data.Sqlite;

namespace FlDurable.LocalHost.Sites;

/// <summary>The work board of a state folder.</summary>
internal sealed class SqliteWorkBoard(WorkDatabase database, TimeProvider time) : IWorkBoard
{
    private const int LeaseIdBytes = 16;
    private const int WritesALease = 4;
    private const string IsOpen = "result IS NULL AND withdrawn = 0";
    private const string Columns = "work, offer, lease, process, expires, taken, withdrawn, result, deliveries";

    // What is over and told is of no use after so long; its ids are no other work's.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private long Now => time.GetUtcNow().UtcTicks;

    public Task OfferAsync(WorkOffer offer, CancellationToken cancellationToken) => DoAsync(
        connection =>
        {
            connection.Execute("DELETE FROM offers WHERE changed < ?1 AND (withdrawn = 1 OR told = 1)", Now - Kept.Ticks);
            return connection.Execute(
                "INSERT INTO offers (work, site, offer, changed) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (work) DO NOTHING", offer.Input.Work, offer.Site,
                ContractJson.Serialize(offer), Now);
        });

    public Task<WorkLease?> LeaseAsync(string site, string process, string? request, WorkerCapabilities? can, CancellationToken cancellationToken) => DoAsync(
        connection =>
        {
            var now = Now;
            if (request is not null && connection.Query(
                $"SELECT {Columns} FROM offers WHERE site = ?1 AND process = ?2 AND request = ?3 AND {IsOpen} AND expires > ?4", OfferRow.Read, site, process, request, now) is [var given])
            {
                return new WorkLease(given.Lease!, given.Offer, process, Seconds(given.Expires!.Value - now));
            }

            var free = connection.Query(
                $"SELECT {Columns} FROM offers WHERE site = ?1 AND {IsOpen} AND (lease IS NULL OR expires <= ?2) AND deliveries < ?3 ORDER BY number",
                OfferRow.Read, site, now, IWorkBoard.MostDeliveries);
            OfferRow? offer = null;
            foreach (var one in free.Where(one => Expiry(one, now) is not null)) // what has had its time is whose to offer anew that waits for it
            {
                if (can?.WhyNot(one.Offer.Needs) is not { } why)
                {
                    offer = one;
                    break;
                }

                connection.Execute(
                    "UPDATE offers SET unsuited = ?2, refused = ?3 WHERE work = ?1 AND (unsuited IS NOT ?2 OR refused < ?4)", one.Work, why, now, now - RefusedWork.Again.Ticks);
            }

            if (offer is null)
                return null;
            var expires = Expiry(offer, now)!.Value;
            var lease = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(LeaseIdBytes));
            connection.Execute(
                "UPDATE offers SET lease = ?2, process = ?3, request = ?6, expires = ?4, taken = coalesce(taken, ?5), deliveries = deliveries + 1, changed = ?5 WHERE work = ?1",
                offer.Work, lease, process, expires, now, request);
            return new WorkLease(lease, offer.Offer, process, Seconds(expires - now));
        });

    public Task<IReadOnlyList<RefusedWork>> ListRefusedAsync(CancellationToken cancellationToken) => DoAsync(connection => RefusedIn(connection, Now));

    /// <summary>Work that waits in a database and that workers who ask can't do; nothing is written.</summary>
    public static IReadOnlyList<RefusedWork> RefusedIn(SqliteConnection connection, long now) => connection.Query(
        $"SELECT offer, unsuited FROM offers WHERE {IsOpen} AND (lease IS NULL OR expires <= ?1) AND refused > ?2 ORDER BY number",
        row => new RefusedWork(ContractJson.Deserialize<WorkOffer>(row.GetString(0)), row.GetString(1)), now, now - RefusedWork.Holds.Ticks);

    public Task<WorkLease?> FindLeaseAsync(string site, string lease, CancellationToken cancellationToken) => DoAsync(
        connection => Find(connection, site, lease) is { } offer ? new WorkLease(lease, offer.Offer, offer.Process!, Seconds(offer.Expires!.Value - Now)) : null);

    public Task<int?> RenewAsync(string site, string lease, CancellationToken cancellationToken) => DoAsync<int?>(
        connection =>
        {
            var now = Now;
            if (Find(connection, site, lease) is not { } offer || Expiry(offer, now) is not { } expires)
                return null;
            if ((offer.Expires - now) * WritesALease > (expires - now) * (WritesALease - 1))
                return Seconds(offer.Expires!.Value - now); // lately written: whoever renews often is answered without a write
            connection.Execute("UPDATE offers SET expires = ?2, changed = ?3 WHERE work = ?1", offer.Work, expires, now);
            return Seconds(expires - now);
        });

    public Task<bool> CompleteAsync(string site, string lease, PartResult result, CancellationToken cancellationToken) => DoAsync(
        connection =>
        {
            if (Find(connection, site, lease) is not { } offer)
                return Counts(connection, site, lease);
            connection.Execute("UPDATE offers SET result = ?2, changed = ?3 WHERE work = ?1", offer.Work, ContractJson.Serialize(result), Now);
            return true;
        });

    public Task<bool> CountsAsync(string site, string lease, CancellationToken cancellationToken) => DoAsync(connection => Counts(connection, site, lease));

    public Task<bool> GiveBackAsync(string site, string lease, bool isDelivery, CancellationToken cancellationToken) => DoAsync(
        connection => Find(connection, site, lease) is { } offer
            && connection.Execute(
                "UPDATE offers SET lease = NULL, process = NULL, request = NULL, expires = NULL, taken = NULL, deliveries = deliveries - ?3, changed = ?2 WHERE work = ?1",
                offer.Work, Now, isDelivery ? 0 : 1) == 1);

    public Task WithdrawAsync(string work, CancellationToken cancellationToken) => DoAsync(
        connection => connection.Execute("UPDATE offers SET withdrawn = 1, changed = ?2 WHERE work = ?1 AND result IS NULL", work, Now));

    public Task<WorkStatus?> FindAsync(string work, CancellationToken cancellationToken) => DoAsync(
        connection => connection.Query($"SELECT {Columns} FROM offers WHERE work = ?1", OfferRow.Read, work) is [var offer]
            ? new WorkStatus(offer.Result, offer.IsWithdrawn, offer.Taken is { } taken ? Math.Max(0, Seconds(taken + AttemptTicks(offer) - Now)) : null, offer.IsSpent(Now))
            : null);

    public Task<IReadOnlyList<WorkOffer>> ListSpentAsync(string site, CancellationToken cancellationToken) => DoAsync<IReadOnlyList<WorkOffer>>(
        connection =>
        [
            .. connection.Query(
                $"SELECT {Columns} FROM offers WHERE site = ?1 AND {IsOpen} AND deliveries >= ?2 AND (lease IS NULL OR expires <= ?3)", OfferRow.Read, site, IWorkBoard.MostDeliveries, Now)
                .Select(offer => offer.Offer),
        ]);

    public Task EndAsync(string work, PartResult result, CancellationToken cancellationToken) => DoAsync(
        connection => connection.Execute($"UPDATE offers SET result = ?2, changed = ?3 WHERE work = ?1 AND {IsOpen}", work, ContractJson.Serialize(result), Now));

    public Task<IReadOnlyList<EndedWork>> ListUntoldAsync(CancellationToken cancellationToken) => DoAsync<IReadOnlyList<EndedWork>>(
        connection =>
        [
            .. connection.Query($"SELECT {Columns} FROM offers WHERE result IS NOT NULL AND told = 0 ORDER BY number", OfferRow.Read)
                .Select(offer => new EndedWork(offer.Offer, offer.Result!)),
        ]);

    public Task MarkToldAsync(string work, CancellationToken cancellationToken) => DoAsync(
        connection => connection.Execute("UPDATE offers SET told = 1, changed = ?2 WHERE work = ?1", work, Now));

    /// <summary>The offer that is leased so, and may still be worked on.</summary>
    private OfferRow? Find(SqliteConnection connection, string site, string lease) =>
        connection.Query($"SELECT {Columns} FROM offers WHERE site = ?1 AND lease = ?2 AND {IsOpen} AND expires > ?3", OfferRow.Read, site, lease, Now).FirstOrDefault();

    private static bool Counts(SqliteConnection connection, string site, string lease) =>
        connection.Scalar("SELECT 1 FROM offers WHERE site = ?1 AND lease = ?2 AND result IS NOT NULL", site, lease) is not null;

    /// <summary>When a lease that begins or is renewed now expires; null if the work's time is over.</summary>
    private static long? Expiry(OfferRow offer, long now)
    {
        var end = (offer.Taken ?? now) + AttemptTicks(offer);
        return end <= now ? null : Math.Min(now + (offer.Offer.LeaseSeconds * TimeSpan.TicksPerSecond), end);
    }

    private static long AttemptTicks(OfferRow offer) => offer.Offer.Input.AttemptSeconds * TimeSpan.TicksPerSecond;

    // Never 0 while there is time left: a worker that is told 0 has lost its lease.
    private static int Seconds(long ticks) => (int)Math.Ceiling((double)ticks / TimeSpan.TicksPerSecond);

    private Task<T> DoAsync<T>(Func<SqliteConnection, T> work) => Task.FromResult(database.Do(work));

    /// <summary>An offer as it is kept.</summary>
    private sealed record OfferRow(string Work, WorkOffer Offer, string? Lease, string? Process, long? Expires, long? Taken, bool IsWithdrawn, PartResult? Result, long Deliveries)
    {
        public static OfferRow Read(SqliteDataReader row) => new(
            row.GetString(0), ContractJson.Deserialize<WorkOffer>(row.GetString(1)), row.Text(2), row.Text(3), row.Number(4), row.Number(5),
            row.GetInt64(6) != 0, row.Text(7) is { } result ? ContractJson.Deserialize<PartResult>(result) : null, row.GetInt64(8));

        public bool IsSpent(long now) => Result is null && !IsWithdrawn && Deliveries >= IWorkBoard.MostDeliveries && (Expires is null || Expires <= now);
    }
}
