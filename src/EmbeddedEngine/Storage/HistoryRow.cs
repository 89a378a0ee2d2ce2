using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlDurable.EmbeddedEngine.Histories;

namespace FlDurable.EmbeddedEngine.Storage;

/// <summary>A history event as a row. The kinds' numbers are on disk: none is ever changed.</summary>
internal readonly record struct HistoryRow(
    int Kind, int? Task = null, string? Name = null, string? Child = null, string? Payload = null, DateTime? Time = null)
{
    public static HistoryRow Of(HistoryEvent entry) => entry switch
    {
        ExecutionStarted e => new(0, Payload: e.Input),
        TurnStarted e => new(1, Time: e.At),
        ActivityScheduled e => new(2, e.Task, e.Name, Payload: e.Input),
        TaskCompleted e => new(3, e.Task, Payload: e.Output),
        TaskFailed e => new(4, e.Task, Payload: e.Reason),
        ChildStarted e => new(5, e.Task, e.Name, e.InstanceId, e.Input),
        TimerCreated e => new(6, e.Task, Payload: e.Wait?.Ticks.ToString(CultureInfo.InvariantCulture), Time: e.FireAt),
        TimerCancelled e => new(7, e.Task),
        TimerFired e => new(8, e.Task),
        EventRaised e => new(9, Name: e.Name, Payload: e.Payload),
        ActivityFailedForGood e => new(10, e.Task, Payload: e.Reason),
        _ => throw new ArgumentOutOfRangeException(nameof(entry), entry, "a history event of no known kind"),
    };

    /// <summary>What tells a row that was written from one that has changed since: SQLite itself does not see a bit that flips in a value.</summary>
    /// <param name="instance">Whose history it is in.</param>
    /// <param name="position">Where in it.</param>
    public long Checksum(long instance, int position)
    {
        // Lengths tell where one text ends and the next begins; an absent one is not an empty one.
        var numbers = string.Create(
            CultureInfo.InvariantCulture,
            $"{instance} {position} {Kind} {Task} {Time?.Ticks} {Name?.Length} {Child?.Length} {Payload?.Length}\n");
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{numbers}{Name}{Child}{Payload}"));
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }

    public HistoryEvent ToEvent() => Kind switch
    {
        0 => new ExecutionStarted(Payload!),
        1 => new TurnStarted(Time!.Value),
        2 => new ActivityScheduled(Task!.Value, Name!, Payload!),
        3 => new TaskCompleted(Task!.Value, Payload!),
        4 => new TaskFailed(Task!.Value, Payload!),
        5 => new ChildStarted(Task!.Value, Name!, Child!, Payload!),
        6 => new TimerCreated(Task!.Value, Time!.Value, Payload is null ? null : new TimeSpan(long.Parse(Payload, CultureInfo.InvariantCulture))),
        7 => new TimerCancelled(Task!.Value),
        8 => new TimerFired(Task!.Value),
        9 => new EventRaised(Name!, Payload!),
        10 => new ActivityFailedForGood(Task!.Value, Payload!),
        _ => throw new InvalidDataException($"the history has an event of kind {Kind}, which this build doesn't know"),
    };
}
