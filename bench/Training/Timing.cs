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

    /// <summary>Runs each action on a thread of its own, all begun together.</summary>
    /// <returns>How long each took.</returns>
    public static double[] SecondsInThreads(params IReadOnlyList<Action> actions)
    {
        using var together = new Barrier(actions.Count);
        var seconds = new double[actions.Count];
        var threads = actions.Select((action, index) => new Thread(() =>
        {
            together.SignalAndWait();
            seconds[index] = Seconds(action);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return seconds;
    }
}
