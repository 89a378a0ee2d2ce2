using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Changes u_k = w_k − x that are far from a centre are drawn to it: v ← v + (1/n) Σ (u_k − v) min(1, τ / |u_k − v|), once or several times,
/// and x ← x + v. The centre of a round is the v of the last one, 0 in the first (Karimireddy, He and Jaggi, "Learning from History for
/// Byzantine Robust Optimization", ICML 2021, §4).
/// </summary>
/// <param name="tau">τ, 10 by default: how far a single client can move the centre, times n.</param>
/// <param name="steps">How often, 1 by default.</param>
/// <param name="isKept">Whether v goes from round to round, as by default, or is 0 at the start of each.</param>
internal sealed class CenteredClipping(double tau, int steps, bool isKept) : IBlockAggregation
{
    private const string Kept = "kept";

    private static readonly NumberField Tau =
        new("tau", "What is farther from the centre is drawn to so far from it.", new NumberRange(0, double.PositiveInfinity) { IsAboveLeast = true }) { Default = 10 };

    private static readonly WholeNumberField Steps = new("iterations", "How often the centre moves in a round.", 1, 100) { Default = 1 };

    private static readonly WordField Centring =
        new("centre", "Where the centre of a round is: the last round's change, or no change.", [Kept, "zero"]) { Default = Kept };

    public static Strategy Strategy { get; } = new("centeredclipping", spec => new CenteredClipping(
        spec.Strategy.Of(Tau), (int)spec.Strategy.Of(Steps), spec.Strategy.Of(Centring) == Kept))
    {
        Options = [Tau, Steps, Centring],
    };

    private const string Centre = "centre";

    public IReadOnlyList<StateTensor> State { get; } = isKept ? [new(Centre)] : [];

    public IBlockPasses Begin(BlockRound round, ServerState state)
    {
        var centre = isKept ? state[Centre].ToArray() : new double[round.Parameters];
        return new MovingCentre(round, centre, steps, settled: 0, Clip, keep: reached =>
        {
            if (isKept)
                reached.CopyTo(state[Centre]);
        });
    }

    private void Clip(ReadOnlySpan<double> distances, Span<double> parts)
    {
        for (var update = 0; update < parts.Length; update++)
            parts[update] = (distances[update] <= tau ? 1 : tau / distances[update]) / parts.Length;
    }
}
