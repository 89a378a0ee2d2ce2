namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Krum chooses θ = n − 2f updates, one at a time and each anew among those that are left; then each parameter is the mean of the θ − 2f
/// values nearest to the chosen ones' median, of two as near the smaller (El Mhamdi, Guerraoui and Rouault, "The Hidden Vulnerability of
/// Distributed Learning in Byzantium", ICML 2018, §4). It needs n ≥ 4f + 3.
/// </summary>
/// <param name="hostile">f, how many clients may be hostile; 1 by default.</param>
internal sealed class Bulyan(int hostile) : IBlockAggregation
{
    public static Strategy Strategy { get; } =
        new("bulyan", spec => new Bulyan((int)spec.Strategy.Of(KrumFamily.Hostile))) { Options = [KrumFamily.Hostile] };

    public int LeastUpdates => (4 * hostile) + 3;

    public int MostUpdates => KrumFamily.MostUpdatesOneAtATime;

    public int MostUpdatesOf(int parameters) => KrumFamily.MostUpdatesOf(parameters, MostUpdates);

    public IBlockPasses Begin(BlockRound round, ServerState state)
    {
        var count = round.Updates - (2 * hostile);
        return new ChosenUpdates(
            round,
            distances => new KrumScores(distances, round.Updates, hostile).OneAtATime(count),
            ascending => SortedColumns.Mean(NearestToMedian(ascending, count - (2 * hostile))));
    }

    /// <summary>So many neighbours of the median, in ascending order.</summary>
    internal static ReadOnlySpan<float> NearestToMedian(ReadOnlySpan<float> ascending, int count)
    {
        var median = SortedColumns.Median(ascending);
        while (ascending.Length > count)
            ascending = ascending[^1] - median >= median - ascending[0] ? ascending[..^1] : ascending[1..];
        return ascending;
    }
}
