using System.Diagnostics.CodeAnalysis;

namespace FlDurable.EmbeddedEngine;

/// <summary>The timers of all instances, soonest first. It wakes the engine when one is due.</summary>
internal sealed class TimerQueue : IDisposable
{
    // System.Threading.Timer knows no longer waits than 49 days; a wake-up that comes early finds nothing due and sets the next.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly SortedSet<Entry> entries = new(Comparer<Entry>.Create((a, b) => a.Order.CompareTo(b.Order)));
    private readonly Dictionary<(Execution Execution, int Task), Entry> byTask = [];
    private readonly TimeProvider time;
    private readonly Action wake;
    private readonly ITimer alarm;
    private long count;

    /// <param name="time">The clock.</param>
    /// <param name="wake">Is called, on any thread, when a timer is due.</param>
    public TimerQueue(TimeProvider time, Action wake)
    {
        this.time = time;
        this.wake = wake;
        alarm = time.CreateTimer(_ => wake(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>When the soonest timer is due.</summary>
    public DateTime? Next => entries.Min?.FireAt;

    public void Add(Instance instance, int task, DateTime fireAt)
    {
        var entry = new Entry(instance, instance.Execution, task, fireAt, count++);
        entries.Add(entry);
        byTask.Add((instance.Execution, task), entry);
    }

    public void Remove(Execution execution, int task)
    {
        if (byTask.Remove((execution, task), out var entry))
            entries.Remove(entry);
    }

    /// <summary>Takes a timer that is due.</summary>
    public bool TryTakeDue(DateTime now, [NotNullWhen(true)] out Instance? instance, out int task)
    {
        (instance, task) = (null, 0);
        if (entries.Min is not { } soonest || soonest.FireAt > now)
            return false;
        Remove(soonest.Execution, soonest.Task);
        (instance, task) = (soonest.Instance, soonest.Task);
        return true;
    }

    /// <summary>Sets the alarm for the soonest timer.</summary>
    public void SetAlarm()
    {
        if (Next is not { } next)
            return;
        var wait = next - time.GetUtcNow().UtcDateTime;
        alarm.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < LongestWait ? wait : LongestWait, Timeout.InfiniteTimeSpan);

        // The clock may have been set between looking at it and setting the alarm by it.
        if (next <= time.GetUtcNow().UtcDateTime)
            wake();
    }

    public void Dispose() => alarm.Dispose();

    private sealed record Entry(Instance Instance, Execution Execution, int Task, DateTime FireAt, long Number)
    {
        public (DateTime, long) Order => (FireAt, Number);
    }
}
