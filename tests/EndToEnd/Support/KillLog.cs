using System.Collections.Concurrent;

namespace FlDurable.EndToEnd.Support;

/// <summary>Where federations were when they were killed.</summary>
internal sealed class KillLog
{
    private readonly ConcurrentBag<int> recordedRounds = [];

    public int Count => recordedRounds.Count;

    /// <summary>Notes a kill.</summary>
    /// <param name="rounds">How many rounds were recorded by then.</param>
    public void Add(int rounds) => recordedRounds.Add(rounds);

    /// <summary>For instance <c>15 kills; by the number of records that were there: 0: 4, 1: 6, 3: 5</c>.</summary>
    public override string ToString() =>
        $"{Count} kills; by the number of records that were there: "
        + string.Join(", ", recordedRounds.GroupBy(rounds => rounds).OrderBy(group => group.Key).Select(group => $"{group.Key}: {group.Count()}"));
}
