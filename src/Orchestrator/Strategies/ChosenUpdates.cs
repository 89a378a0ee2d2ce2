namespace FlDurable.Orchestrator.Strategies;

/// <summary>Chooses some updates by the distances between all, in one pass, and makes the parameters of those alone in another.</summary>
/// <param name="round">The round.</param>
/// <param name="choose">Chooses.</param>
/// <param name="rule">What becomes of a parameter, of what the chosen have.</param>
internal sealed class ChosenUpdates(BlockRound round, Func<PairwiseDistances, int[]> choose, ColumnRule rule) : IBlockPasses
{
    private readonly PairwiseDistances distances = new(round.Updates, round.Cancellation);
    private int[]? chosen;
    private float[] column = [];

    public void See(UpdateBlock block, Span<double> next)
    {
        if (chosen is null)
        {
            distances.Add(block);
            return;
        }

        for (var parameter = 0; parameter < block.Length; parameter++)
        {
            for (var index = 0; index < chosen.Length; index++)
                column[index] = block[chosen[index]][parameter];
            column.AsSpan().Sort();
            next[parameter] = rule(column);
        }
    }

    public bool EndPass()
    {
        if (chosen is not null)
            return true;
        chosen = choose(distances);
        column = new float[chosen.Length];
        return false;
    }
}
