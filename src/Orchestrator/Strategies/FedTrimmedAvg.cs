using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// For each parameter the mean, without weights, of what is left when ⌊βn⌋ of the n clients' values are dropped at either end (Yin, Chen,
/// Ramchandran and Bartlett, "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates", ICML 2018, Definition 2). It bears
/// as many hostile clients as are dropped at one end.
/// </summary>
/// <param name="beta">β from 0 to below 0.5, 0.2 by default.</param>
/// <param name="planned">How many updates a round has when nobody is missing: if of those some are dropped, a round of which none is has failed.</param>
internal sealed class FedTrimmedAvg(double beta, int planned = 0) : IBlockAggregation
{
    private static readonly NumberField Beta =
        new("beta", "The share of values that is dropped at either end.", new NumberRange(0, 0.5) { IsBelowMost = true }) { Default = 0.2 };

    public static Strategy Strategy { get; } = new("fedtrimmedavg", spec => new FedTrimmedAvg(spec.Strategy.Of(Beta), spec.NeededUpdates(spec.Clients))) { Options = [Beta] };

    public int LeastUpdates { get; } = Enumerable.Range(1, planned).FirstOrDefault(updates => (int)(beta * updates) > 0, 1);

    public IBlockPasses Begin(BlockRound round, ServerState state)
    {
        var cut = Cut(round.Updates);
        return new SortedColumns(round.Updates, ascending => SortedColumns.Mean(ascending[cut..^cut]));
    }

    public string? Caution(int updates) => Cut(updates) > 0 ? null : FormattableString.Invariant(
        $"with beta {beta} none of {updates} updates is dropped: a single hostile client can make of the parameters what it likes");

    /// <summary>How many values are dropped at either end.</summary>
    internal int Cut(int updates) => (int)(beta * updates);
}
