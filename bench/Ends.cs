using System.Collections.Concurrent;
using System.Diagnostics;

namespace FlDurable.Bench;

/// <summary>
/// When instances had nothing left to do, as their own code tells. Whoever waits for an instance looks at it now and then, at last once a second,
/// which would be most of what is measured.
/// </summary>
internal sealed class Ends
{
    private readonly ConcurrentDictionary<string, long> ends = new(StringComparer.Ordinal);

    /// <summary>To be called by an orchestrator as its last step; the first call of an instance counts.</summary>
    public void Tell(string instanceId) => ends.TryAdd(instanceId, Stopwatch.GetTimestamp());

    /// <summary>Runs an instance, and tells how long it took from its start to its last step.</summary>
    public async Task<TimeSpan> TimeAsync(string instanceId, Func<Task> run)
    {
        var start = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(start, ends[instanceId]);
    }
}
