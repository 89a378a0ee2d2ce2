using FlDurable.Orchestrator.Work;
using Microsoft.Data.Sqlite;

namespace FlDurable.LocalHost.Sites;

/// <summary>What the server of a state folder hears of workers, for whoever looks, be it in another process.</summary>
internal sealed class SqliteWorkSigns(string folder) : IWorkSigns
{
    // What a worker last asked for or renewed counts, whatever work that was.
    private const string Open = "result IS NULL AND withdrawn = 0";
    private const string Statement =
        $"""
        SELECT o.work, o.site, o.taken, o.lease IS NOT NULL, p.name,
            CASE
                WHEN g.heard IS NOT NULL THEN g.heard
                WHEN o.site <> '*' THEN max(coalesce((SELECT asked FROM sites WHERE name = o.site), 0),
                    coalesce((SELECT max(changed) FROM offers WHERE site = o.site AND lease IS NOT NULL AND {Open}), 0))
                WHEN o.lease IS NOT NULL THEN max(o.changed, coalesce(p.asked, 0))
                ELSE coalesce(
                    (SELECT max(asked) FROM pool_workers WHERE process NOT IN (SELECT worker FROM gone)),
                    (SELECT max(heard) FROM gone WHERE worker IN (SELECT process FROM pool_workers)))
            END,
            g.heard IS NOT NULL
                OR (o.site = '*' AND o.lease IS NULL AND EXISTS (SELECT 1 FROM pool_workers)
                    AND NOT EXISTS (SELECT 1 FROM pool_workers WHERE process NOT IN (SELECT worker FROM gone)))
        FROM offers o
        LEFT JOIN pool_workers p ON p.process = o.process
        LEFT JOIN gone g ON g.worker = iif(o.site = '*', o.process, o.site)
        WHERE o.work >= ?1 AND o.work < ?2 AND o.result IS NULL AND o.withdrawn = 0 ORDER BY o.number
        """;

    public Task<IReadOnlyList<OpenWork>> ListOpenAsync(string prefix, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<OpenWork>>(WorkDatabase.TryRead(folder, connection => connection.Query(Statement, Read, prefix, $"{prefix[..^1]}{(char)(prefix[^1] + 1)}")) ?? []);

    private static OpenWork Read(SqliteDataReader row)
    {
        var site = row.GetString(1);
        var isTaken = row.GetBoolean(3);
        return new OpenWork(
            row.GetString(0), site != WorkOffer.Pool ? site : isTaken ? row.Text(4) ?? "a worker of the pool" : null, isTaken ? Time(row.Number(2)) : null,
            Time(row.Number(5)), row.GetBoolean(6));
    }

    private static DateTimeOffset? Time(long? ticks) => ticks is { } known ? new DateTimeOffset(known, TimeSpan.Zero) : null;
}
