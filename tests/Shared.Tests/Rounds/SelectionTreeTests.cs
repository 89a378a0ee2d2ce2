using CsCheck;
using FlDurable.Shared.Rounds;

namespace FlDurable.Shared.Tests.Rounds;

public sealed class SelectionTreeTests
{
    private static readonly Gen<int> Counts = Gen.OneOf(Gen.Int[1, 200], Gen.Int[1, 5_000], Gen.Int[1, 1_000_000]);

    [Fact]
    public void A_selection_is_always_cut_into_leaves_of_64_consecutive_clients() =>
        Counts.Sample(count =>
        {
            var leaves = Leaves(new SelectionRange(0, count)).ToList();
            return leaves.Count == (count + 63) / 64
                && leaves.Select((leaf, index) => leaf.First == index * 64).All(holds => holds)
                && leaves.SkipLast(1).All(leaf => leaf.Count == 64) && leaves.Sum(leaf => leaf.Count) == count;
        });

    [Fact]
    public void A_subtree_has_at_most_64_children() =>
        Counts.Where(count => count > 64).Sample(count => SelectionTree.Subtrees(new SelectionRange(0, count)).Count() is > 1 and <= 64);

    [Fact]
    public void Cohorts_cover_a_leaf_in_order_and_never_leave_it() =>
        Gen.Select(Gen.Int[0, 1000], Gen.Int[1, 64], Gen.Int[1, 64]).Sample((first, count, size) =>
        {
            var covered = SelectionTree.Cohorts(new SelectionRange(first, count), size).SelectMany(cohort => Enumerable.Range(cohort.First, cohort.Count));
            return covered.SequenceEqual(Enumerable.Range(first, count));
        });

    [Fact]
    public void What_is_needed_is_shared_out_without_a_rest() =>
        Gen.Select(Counts.Where(count => count > 64), Gen.Double[0, 1]).Sample((count, fraction) =>
        {
            var needed = (int)(count * fraction);
            var parts = SelectionTree.Subtrees(new SelectionRange(0, count)).ToList();
            var shares = SelectionTree.Shares(parts, needed);
            return shares.Sum() == needed && shares.Zip(parts).All(part => part.First >= 0 && part.First <= part.Second.Count);
        });

    [Fact]
    public void The_small_last_leaf_has_a_client_to_spare() =>
        Assert.Equal([50, 49, 1], SelectionTree.Shares([new(0, 64), new(64, 64), new(128, 2)], needed: 100));

    private static IEnumerable<SelectionRange> Leaves(SelectionRange range) =>
        SelectionTree.IsLeaf(range) ? [range] : SelectionTree.Subtrees(range).SelectMany(Leaves);
}
