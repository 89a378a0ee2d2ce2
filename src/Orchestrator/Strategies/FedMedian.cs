namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// The median of what the clients have for each parameter, without weights; of an even number the mean of the two in the middle (Yin, Chen,
/// Ramchandran and Bartlett, "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates", ICML 2018, Definition 1). It bears
/// fewer than half of the clients being hostile.
/// </summary>
internal sealed class FedMedian : IBlockAggregation
{
    public static Strategy Strategy { get; } = new("fedmedian", _ => new FedMedian());

    public string? Caution(int updates) => SortedColumns.CautionOfMedian(updates);

    public IBlockPasses Begin(BlockRound round, ServerState state) => new SortedColumns(round.Updates, SortedColumns.Median);
}
