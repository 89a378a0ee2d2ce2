using System.Diagnostics;
using FlDurable.CrashingHost.Points;
using FlDurable.Shared.Specs;

namespace FlDurable.CrashingHost;

/// <summary>
/// Federations that a process's death finds each at a point of its own. Dozens die with one process, since what costs time is its start.
/// </summary>
internal static class Death
{
    /// <returns>The process's exit code, if all federations came to their end.</returns>
    public static async Task<int> RunAsync(string cache, string plan, string federation)
    {
        var ends = await Task.WhenAll(File.ReadLines(plan).Select(PlannedDeath.Parse).Select(planned => RunAsync(cache, planned, SmallFederation.Killed[federation])));
        foreach (var end in ends)
            Console.WriteLine(end);
        if (ends.Any(end => end.Point is not null))
            Process.GetCurrentProcess().Kill(); // SIGKILL: nothing is unwound
        return 0;
    }

    /// <returns>Where it stands still; without a point if it came to its end.</returns>
    private static async Task<PlannedDeath> RunAsync(string cache, PlannedDeath planned, FederationSpec spec)
    {
        var standsStill = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var points = new ProgramPoints(point =>
        {
            if (point.Key != planned.Point)
                return;
            standsStill.SetResult();
            Thread.Sleep(Timeout.Infinite); // with the points' lock: no other thread of this federation gets past one
        });
        var run = Task.Run(() => FederationRun.ToEndAsync(planned.State, cache, spec, points));
        await await Task.WhenAny(run, standsStill.Task);
        return run.IsCompleted ? planned with { Point = null } : planned;
    }
}
