using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// The mean, without weights, of the m updates that are most among their like: an update's score is the sum of its n − f − 2 smallest squared
/// distances to others; the lowest are taken, of equal ones the earlier client's (Blanchard, El Mhamdi, Guerraoui and Stainer, "Machine
/// Learning with Adversaries: Byzantine Tolerant Gradient Descent", NeurIPS 2017, §4 and §6). With m = 1 it is Krum. It needs n ≥ 2f + 3.
/// </summary>
/// <param name="hostile">f, how many clients may be hostile; 1 by default.</param>
/// <param name="chosen">m, at most n − f; 1 in Krum, by default n − f in MultiKrum, where it is 0 here.</param>
internal sealed class MultiKrum(int hostile, int chosen) : IBlockAggregation
{
    private static readonly WholeNumberField Chosen =
        new("m", "How many updates are taken, at most all but f; 0 takes all but f.", 0, KrumFamily.MostUpdates) { Default = 0 };

    public static Strategy Strategy { get; } = new(
        "multikrum", spec => new MultiKrum((int)spec.Strategy.Of(KrumFamily.Hostile), (int)spec.Strategy.Of(Chosen)))
    {
        Options = [KrumFamily.Hostile, Chosen],
        Expected = FindTooMany,
    };

    /// <summary>Krum.</summary>
    public static Strategy OfOne { get; } =
        new("krum", spec => new MultiKrum((int)spec.Strategy.Of(KrumFamily.Hostile), chosen: 1)) { Options = [KrumFamily.Hostile] };

    public int LeastUpdates => (2 * hostile) + 3;

    public int MostUpdates => KrumFamily.MostUpdates;

    public int MostUpdatesOf(int parameters) => KrumFamily.MostUpdatesOf(parameters, MostUpdates);

    public IBlockPasses Begin(BlockRound round, ServerState state)
    {
        // Where clients are missing, fewer: of more than n − f some may be hostile.
        var count = chosen == 0 ? round.Updates - hostile : Math.Min(chosen, round.Updates - hostile);
        return new ChosenUpdates(round, distances => new KrumScores(distances, round.Updates, hostile).Lowest(count), SortedColumns.Mean);
    }

    private static IEnumerable<SpecError> FindTooMany(FederationSpec spec)
    {
        var (chosen, most) = (spec.Strategy.Of(Chosen), spec.NeededUpdates(spec.Clients) - spec.Strategy.Of(KrumFamily.Hostile));
        if (chosen > most && most > 0)
        {
            yield return new SpecError("strategy.m", FormattableString.Invariant(
                $"expected at most {most}, the updates of a round (clients, fractionFit, minFitClients) without f hostile ones, got {chosen}: it would take some of those"));
        }
    }
}
