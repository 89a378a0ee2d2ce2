using System.Runtime.InteropServices;

namespace FlDurable.Orchestrator.Work;

/// <summary>
/// Which workers a host hears of now: one that waits for work has a call open, and one that has some renews its lease every <see cref="FlDurable.Shared.Work.WorkProtocol.RenewEvery"/>. Whoever
/// does neither is gone, or can't reach the host. It is in memory, and nothing hangs on it but what people are told. Methods may be called at the same time.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class WorkerPresence(TimeProvider time)
{
    /// <summary>After how long without a call a worker is gone: two renewals in a row, and a little for the network.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(3.5);

    // Of workers that come and go each has an id of its own.
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    // Whoever looks does so every half second: when it was longer, this process stood still, and heard nobody.
    private static readonly TimeSpan Standstill = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Attendance> workers = new(StringComparer.Ordinal);
    private long? looked;
    private long awake = long.MinValue;

    /// <summary>A worker begins to wait for work.</summary>
    /// <param name="worker">A site, or the id of a process of the pool.</param>
    /// <param name="isOften">Whether it is of a release that renews often; of others nobody is said to be gone.</param>
    /// <returns>Disposed of when it waits no longer.</returns>
    internal IDisposable Attend(string worker, bool isOften)
    {
        Note(worker, calls: 1, isOften);
        return new Wait(this, worker);
    }

    /// <summary>A worker goes on with what it has.</summary>
    internal void Hear(string worker) => Note(worker, calls: 0, isOften: null);

    /// <summary>Every worker that was heard of in the last hour, and for how long those are silent that are gone; null of one that is there.</summary>
    public IReadOnlyDictionary<string, TimeSpan?> Look()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            if (looked is { } before && time.GetElapsedTime(before, now) > Standstill)
                awake = now;
            looked = now;
            foreach (var (worker, _) in workers.Where(one => one.Value is { Calls: 0, HeardAt: var heard } && time.GetElapsedTime(heard, now) > Remembered).ToList())
                workers.Remove(worker);
            return workers.ToDictionary(one => one.Key, one => SilenceOf(one.Value, now), StringComparer.Ordinal);
        }
    }

    private TimeSpan? SilenceOf(Attendance worker, long now) =>
        worker is { Calls: 0, IsOften: true } && time.GetElapsedTime(Math.Max(worker.HeardAt, awake), now) > Silence ? time.GetElapsedTime(worker.HeardAt, now) : null;

    private void Note(string worker, int calls, bool? isOften)
    {
        lock (gate)
        {
            ref var attendance = ref CollectionsMarshal.GetValueRefOrAddDefault(workers, worker, out _);
            attendance = new Attendance(attendance.Calls + calls, time.GetTimestamp(), isOften ?? attendance.IsOften);
        }
    }

    /// <summary>What is known of a worker.</summary>
    /// <param name="Calls">How many of its calls are open, of those that wait for work.</param>
    /// <param name="HeardAt">The time stamp of when it was last heard of.</param>
    /// <param name="IsOften">Whether it renews often.</param>
    private readonly record struct Attendance(int Calls, long HeardAt, bool IsOften);

    private sealed class Wait(WorkerPresence presence, string worker) : IDisposable
    {
        private int isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref isOver, 1) == 0)
                presence.Note(worker, calls: -1, isOften: null);
        }
    }
}
