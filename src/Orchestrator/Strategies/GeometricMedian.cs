using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// The point with the smallest sum of distances to the clients' changes u_k = w_k − x, without weights, by Weiszfeld's steps
/// z ← Σ b_k u_k / Σ b_k with b_k = 1 / max(ν, |u_k − z|) (Pillutla, Kakade and Harchaoui, "Robust Aggregation for Federated Learning", IEEE
/// TSP 2022, Algorithm 2). It starts from no change, where no client has a say, and goes on until it settles: from the mean, a few steps
/// end wherever one hostile client is. It bears fewer than half of the clients being hostile.
/// </summary>
/// <param name="smoothing">ν, 1e-6 by default.</param>
/// <param name="steps">The most steps, 100 by default; each is a pass over all updates.</param>
internal sealed class GeometricMedian(double smoothing, int steps) : IBlockAggregation
{
    private static readonly NumberField Smoothing =
        new("smoothing", "Distances below it count as it.", new NumberRange(0, 1) { IsAboveLeast = true }) { Default = 1e-6 };

    private static readonly WholeNumberField Steps =
        new("iterations", "The most steps, each of which goes over all updates; fewer where it settles before.", 1, 10_000) { Default = 100 };

    public static Strategy Strategy { get; } =
        new("geometricmedian", spec => new GeometricMedian(spec.Strategy.Of(Smoothing), (int)spec.Strategy.Of(Steps))) { Options = [Smoothing, Steps] };

    /// <summary>A tenth of what single precision can tell.</summary>
    private const double Settled = 1e-8;

    public string? Caution(int updates) => SortedColumns.CautionOfMedian(updates);

    public IBlockPasses Begin(BlockRound round, ServerState state) =>
        new MovingCentre(round, new double[round.Parameters], steps, Settled, Weigh, keep: _ => { });

    private void Weigh(ReadOnlySpan<double> distances, Span<double> parts)
    {
        double sum = 0;
        for (var update = 0; update < parts.Length; update++)
            sum += parts[update] = 1 / Math.Max(smoothing, distances[update]);
        for (var update = 0; update < parts.Length; update++)
            parts[update] /= sum;
    }
}
