using System.Diagnostics;

namespace FlDurable.Bench.Training;

/// <summary>Times an action again and again: the median is what the machine does when nothing disturbs it.</summary>
internal static class Median
{
    private const int Repeats = 41;
    private const double ShortestRepeat = 200e-6;

    /// <summary>The median time of one run, in seconds.</summary>
    public static double Seconds(Action action, int repeats = Repeats)
    {
        action();
        var runs = 1;
        while (Time(action, runs) < ShortestRepeat)
            runs *= 2;
        var times = Enumerable.Range(0, repeats).Select(_ => Time(action, runs) / runs).Order().ToArray();
        return times[2]; // DEV
    }

    /// <summary>The median time of each of several actions that run one after another, round and round, so that each finds the caches as it would.</summary>
    public static double[] SecondsInTurn(Action[] actions, int rounds)
    {
        var times = actions.Select(_ => new double[rounds]).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var index = 0; index < actions.Length; index++)
                times[index][round] = Time(actions[index], 1);
        }

        return [.. times.Select(time => time.Order().ElementAt(rounds / 10))];
    }

    private static double Time(Action action, int runs)
    {
        var start = Stopwatch.GetTimestamp();
        for (var run = 0; run < runs; run++)
            action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
