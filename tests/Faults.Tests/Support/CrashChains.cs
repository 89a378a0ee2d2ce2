using FlDurable.CrashingHost.Points;

namespace FlDurable.Faults.Tests.Support;

/// <summary>
/// Points, dealt out to federations: each is killed at one point, goes on, is killed at the next. Between two commits a federation is
/// killed once, since an activity during which its process dies three times is given up.
/// </summary>
internal static class CrashChains
{
    /// <returns>For each federation its points, in the order in which they are reached.</returns>
    public static IReadOnlyList<IReadOnlyList<ProgramPoint>> Plan(IReadOnlyList<ProgramPoint> points)
    {
        var betweenCommits = points.GroupBy(point => point.Commits).OrderBy(group => group.Key).Select(group => group.ToList()).ToList();
        var chains = Enumerable.Range(0, betweenCommits.Max(group => group.Count)).Select(_ => new List<ProgramPoint>()).ToList();
        foreach (var group in betweenCommits)
        {
            foreach (var (chain, point) in chains.OrderBy(chain => chain.Count).Zip(group).ToList())
                chain.Add(point);
        }

        return chains;
    }
}
