using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// The mean, without weights, of the m updates that are most among their like: an update's score is the sum of its n − f − 2 smallest squared
/// distances to others; the lowest are taken, of equal ones the earlier client's (Blanchard, El Mhamdi, Guerraoui and Stainer, "Machine
/// Learning with Adversaries: Byzantine Tolerant Gradient Descent", NeurIPS 2017, §4 and §6). With m = 1 it is Krum. It needs n ≥ 2f + 3.
/// </summary>
/// <param name="hostile">f, how many clients may be hostile; 1 by default.</param>
/// <param name="chosen">m; 1 in Krum, by default n − f in MultiKrum, where it is 0 here.</param>
internal sealed class MultiKrum(int hostile, int chosen) : IBlockAggregation
{
    private static readonly WholeNumberField Chosen =
        new("m", "How many updates are taken; 0 takes all but f.", 0, KrumFamily.MostUpdates) { Default = 0 };

    public static Strategy Strategy { get; } =
        new("multikrum", spec => new MultiKrum((int)spec.Strategy.Of(KrumFamily.Hostile), (int)spec.Strategy.Of(Chosen))) { Options = [KrumFamily.Hostile, Chosen] };

    /// <summary>Krum.</summary>
    public static Strategy OfOne { get; } =
        new("krum", spec => new MultiKrum((int)spec.Strategy.Of(KrumFamily.Hostile), chosen: 1)) { Options = [KrumFamily.Hostile] };

    public int LeastUpdates => Math.Max((2 * hostile) + 3, chosen);

    public int MostUpdates => KrumFamily.MostUpdates;

    public IBlockPasses Begin(BlockRound round, ServerState state)
    {
        var count = chosen == 0 ? round.Updates - hostile : chosen;
        return new ChosenUpdates(round, distances => new KrumScores(distances, round.Updates, hostile).Lowest(count), SortedColumns.Mean);
    }
}
