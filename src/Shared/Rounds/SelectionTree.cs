namespace FlDurable.Shared.Rounds;

/// <summary>How a selection is cut: into leaves of 64 clients, 64 leaves to a subtree, 64 of those to the next, and a leaf into cohorts.</summary>
public static class SelectionTree
{
    /// <summary>Clients a leaf; leaves, or subtrees, a subtree.</summary>
    public const int FanOut = 64;

    /// <summary>Whether a range is not cut any further.</summary>
    public static bool IsLeaf(SelectionRange range) => range.Count <= FanOut;

    /// <summary>The largest equal parts that are whole leaves or whole subtrees, at most 64; the last may be smaller.</summary>
    public static IEnumerable<SelectionRange> Subtrees(SelectionRange range)
    {
        var size = FanOut;
        while (range.Count > (long)size * FanOut)
            size *= FanOut;
        return Cut(range, size);
    }

    /// <summary>A leaf in cohorts of one size; the last may be smaller.</summary>
    public static IEnumerable<SelectionRange> Cohorts(SelectionRange leaf, int cohortSize) => Cut(leaf, cohortSize);

    /// <summary>
    /// How many updates each part must bring: its share of those needed, in proportion to its size and rounded down. The updates that
    /// rounding leaves over are asked of the first parts, one each. They are fewer than there are parts, so the last part, which may be smaller than
    /// the others, is asked for its rounded share only: whenever fewer updates are needed than there are clients, that is fewer than all of its
    /// clients, and one that fails there fails no round.
    /// </summary>
    public static IReadOnlyList<int> Shares(IReadOnlyList<SelectionRange> parts, int needed)
    {
        var whole = parts.Sum(part => part.Count);
        var shares = parts.Select(part => (int)((long)needed * part.Count / whole)).ToArray();
        var left = needed - shares.Sum();
        for (var part = 0; left > 0; part++, left--)
            shares[part]++;
        return shares;
    }

    private static IEnumerable<SelectionRange> Cut(SelectionRange range, int size)
    {
        for (var first = 0; first < range.Count; first += size)
            yield return new SelectionRange(range.First + first, Math.Min(size, range.Count - first));
    }
}
