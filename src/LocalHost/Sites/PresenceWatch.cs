using FlDurable.Orchestrator.Work;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Sites;

/// <summary>
/// Writes down when a worker is gone and when it is there again, so that <c>status</c>, which may be another process, can name it. While workers come and go by their usual ways of asking, nothing is
/// written.
/// </summary>
/// <param name="presence">Who is heard of.</param>
/// <param name="database">Where it is written.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The server's log.</param>
internal sealed partial class PresenceWatch(WorkerPresence presence, WorkDatabase database, TimeProvider time, ILogger<PresenceWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private readonly Dictionary<string, bool> written = new(StringComparer.Ordinal);
    private bool isUnwritable;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Look();
    }

    /// <summary>Looks who is there, and writes down what has changed.</summary>
    internal void Look()
    {
        var now = presence.Look();
        foreach (var worker in written.Keys.Where(worker => !now.ContainsKey(worker)).ToList())
            written.Remove(worker); // not heard of for long
        var changed = now.Where(one => !written.TryGetValue(one.Key, out var isGone) || isGone != one.Value is not null).ToList();
        if (changed.Count == 0)
            return;
        try
        {
            Write(changed);
            isUnwritable = false;
        }
        catch (IOException exception)
        {
            if (!isUnwritable)
                LogUnwritable(log, exception);
            isUnwritable = true; // the next look tries again
        }
    }

    private void Write(List<KeyValuePair<string, TimeSpan?>> changed)
    {
        var utc = time.GetUtcNow();
        var names = database.Do(connection =>
        {
            connection.Execute("DELETE FROM gone WHERE heard < ?1", (utc - Kept).UtcTicks);
            foreach (var (worker, silence) in changed)
            {
                if (silence is { } howLong)
                    connection.Execute("INSERT INTO gone (worker, heard) VALUES (?1, ?2) ON CONFLICT (worker) DO UPDATE SET heard = ?2", worker, (utc - howLong).UtcTicks);
                else
                    connection.Execute("DELETE FROM gone WHERE worker = ?1", worker);
            }

            return changed.ConvertAll(one => connection.Scalar("SELECT name FROM pool_workers WHERE process = ?1", one.Key) as string ?? one.Key);
        });
        foreach (var ((worker, silence), name) in changed.Zip(names))
        {
            if (silence is { } howLong)
                LogGone(log, name, howLong.TotalSeconds);
            else if (written.GetValueOrDefault(worker))
                LogBack(log, name);
            written[worker] = silence is not null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The worker of {Worker} is gone, or can't reach this server: it was not heard of for {Seconds:F1} s")]
    private static partial void LogGone(ILogger logger, string worker, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "The worker of {Worker} is there again")]
    private static partial void LogBack(ILogger logger, string worker);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Which workers are gone can't be written down; it is tried again")]
    private static partial void LogUnwritable(ILogger logger, Exception exception);
}
