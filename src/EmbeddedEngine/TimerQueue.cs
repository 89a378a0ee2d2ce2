using System.Diagnostics.CodeAnalysis;
using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Instances;

namespace FlDurable.EmbeddedEngine;

/// <summary>
/// What all instances wait for, soonest first; it wakes the engine when something is due. Timers are for a date: one that has passed while
/// no process was at work has passed, and one whose clock is set back comes later. Waits, between two attempts at something, go by the time
/// that elapses: whatever becomes of the clock, they are no longer than they are meant to be.
/// </summary>
internal sealed class TimerQueue : IDisposable
{
    // The clock may be set, and the machine may sleep, while a date is waited for; and System.Threading.Timer knows no longer waits than 49
    // days. A wake-up that comes early finds nothing due and sets the next.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);

    private readonly SortedSet<Entry> timers = new(Entry.Soonest);
    private readonly SortedSet<Entry> waits = new(Entry.Soonest);
    private readonly Dictionary<(Execution Execution, int Task), Entry> byTask = [];
    private readonly TimeProvider time;
    private readonly Action wake;
    private readonly ITimer alarm;
    private readonly long origin;
    private long count;
    private int heldCount;

    /// <param name="time">The clock.</param>
    /// <param name="wake">Is called, on any thread, when something is due.</param>
    public TimerQueue(TimeProvider time, Action wake)
    {
        this.time = time;
        this.wake = wake;
        origin = time.GetTimestamp();
        alarm = time.CreateTimer(_ => wake(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>When, by the clock as it is set now, the soonest is due.</summary>
    public DateTime? Next => SoonestIn is { } left ? Now + left : null;

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private TimeSpan Elapsed => time.GetElapsedTime(origin);

    /// <summary>How long it is until the soonest is due.</summary>
    private TimeSpan? SoonestIn
    {
        get
        {
            var timer = timers.Min is { } date ? new DateTime(date.Due, DateTimeKind.Utc) - Now : (TimeSpan?)null;
            var wait = waits.Min is { } elapsed ? new TimeSpan(elapsed.Due) - Elapsed : (TimeSpan?)null;
            return timer is null || wait < timer ? wait : timer;
        }
    }

    /// <summary>Waits for a date.</summary>
    public void AddTimer(Instance instance, int task, DateTime fireAt) => Add(timers, instance, task, fireAt.Ticks, held: null);

    /// <summary>Waits as long as this.</summary>
    public void AddWait(Instance instance, int task, TimeSpan wait) => Add(waits, instance, task, (Elapsed + wait).Ticks, held: null);

    /// <summary>Holds an activity back as long as this.</summary>
    /// <param name="work">The activity.</param>
    /// <param name="wait">How long.</param>
    /// <param name="failure">Why.</param>
    public void Hold(ActivityWork work, TimeSpan wait, HostFailure failure) =>
        Add(waits, work.Instance, work.Task, (Elapsed + wait).Ticks, new HeldActivity(work, $"{work.Name}: {failure.Reason}", failure.IsOfStorage));

    /// <summary>Why an activity, of whatever family, is held back of which others fail too; null when none is.</summary>
    public string? WhyStorageFails() => heldCount == 0 ? null : waits.FirstOrDefault(entry => entry.Held is { IsOfStorage: true })?.Held!.Reason;

    /// <summary>Why an activity of a family is held back; null when none is.</summary>
    /// <param name="root">The id of the instance at the family's top.</param>
    public string? WhyHeld(string root) => waits.FirstOrDefault(entry => entry.Held is not null && entry.Instance.RootId == root)?.Held!.Reason;

    /// <summary>Every activity that is held back: the id of the instance at its family's top, and why.</summary>
    public IEnumerable<KeyValuePair<string, string>> AllHeld() => heldCount == 0
        ? []
        : waits.Where(entry => entry.Held is not null).Select(entry => KeyValuePair.Create(entry.Instance.RootId, entry.Held!.Reason));

    public void Remove(Execution execution, int task)
    {
        if (!byTask.Remove((execution, task), out var entry))
            return;
        timers.Remove(entry);
        waits.Remove(entry);
        if (entry.Held is not null)
            heldCount--;
    }

    /// <summary>Takes what is due: a task that is over by it, or an activity that is to be tried again.</summary>
    public bool TryTakeDue([NotNullWhen(true)] out Instance? instance, out int task, out ActivityWork? held)
    {
        (instance, task, held) = (null, 0, null);
        var due = timers.Min is { } date && date.Due <= Now.Ticks ? date
            : waits.Min is { } elapsed && elapsed.Due <= Elapsed.Ticks ? elapsed
            : null;
        if (due is null)
            return false;
        Remove(due.Execution, due.Task);
        (instance, task, held) = (due.Instance, due.Task, due.Held?.Work);
        return true;
    }

    /// <summary>Sets the alarm for the soonest.</summary>
    public void SetAlarm()
    {
        if (SoonestIn is not { } left)
            return;
        alarm.Change(left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestSleep ? left : LongestSleep, Timeout.InfiniteTimeSpan);

        // The clock may have been set between looking at it and setting the alarm by it.
        if (SoonestIn <= TimeSpan.Zero)
            wake();
    }

    public void Dispose() => alarm.Dispose();

    private void Add(SortedSet<Entry> queue, Instance instance, int task, long due, HeldActivity? held)
    {
        var entry = new Entry(instance, instance.Execution, task, due, count++, held);
        queue.Add(entry);
        if (held is not null)
            heldCount++;
        byTask.Add((instance.Execution, task), entry);
    }

    private sealed record HeldActivity(ActivityWork Work, string Reason, bool IsOfStorage);

    // Due is in ticks: of a date, or of the time that elapses.
    private sealed record Entry(Instance Instance, Execution Execution, int Task, long Due, long Number, HeldActivity? Held)
    {
        public static IComparer<Entry> Soonest { get; } = Comparer<Entry>.Create((a, b) => (a.Due, a.Number).CompareTo((b.Due, b.Number)));
    }
}
