using System.Diagnostics;

namespace FlDurable.Bench.Training;

/// <summary>Time, and what is in the middle of many times: what the machine does when nothing disturbs it.</summary>
internal static class Timing
{
    public static double Seconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public static double Median(this IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    /// <summary>Runs each action on a thread of its own, all at once.</summary>
    public static void InThreads(IEnumerable<Action> actions)
    {
        var threads = actions.Select(action => new Thread(() => action())).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
    }
}
