using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator;

/// <summary>How a selection is cut: into leaves of 64 clients, 64 leaves to a subtree, 64 of those to the next, and a leaf into cohorts.</summary>
internal static class SelectionTree
{
    public const int FanOut = 64;

    public static bool IsLeaf(SelectionRange range) => range.Count <= FanOut;

    /// <summary>The largest equal parts that are whole leaves or whole subtrees, at most 64; the last may be smaller.</summary>
    public static IEnumerable<SelectionRange> Subtrees(SelectionRange range)
    {
        var size = FanOut;
        while (range.Count > (long)size * FanOut)
            size *= FanOut;
        return Cut(range, size);
    }

    public static IEnumerable<SelectionRange> Cohorts(SelectionRange leaf, int cohortSize) => Cut(leaf, cohortSize);

    /// <summary>A part's share of what is needed of the whole: the shares of all parts add up to it.</summary>
    public static int Share(SelectionRange part, SelectionRange whole, int needed)
    {
        return UpTo(part.First + part.Count) - UpTo(part.First);

        int UpTo(int end) => (int)((long)needed * (end - whole.First) / whole.Count);
    }

    private static IEnumerable<SelectionRange> Cut(SelectionRange range, int size)
    {
        for (var first = 0; first < range.Count; first += size)
            yield return new SelectionRange(range.First + first, Math.Min(size, range.Count - first));
    }
}
