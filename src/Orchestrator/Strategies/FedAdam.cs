using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Adam on the server: m ← β1 m + (1 − β1) Δ, v ← β2 v + (1 − β2) Δ², x ← x + η m / (√v + τ) with Δ = avg − x (Reddi et al., "Adaptive
/// Federated Optimization", ICLR 2021, Algorithm 2).
/// </summary>
/// <param name="rate">η, 0.1 by default.</param>
/// <param name="beta1">β1, 0.9 by default.</param>
/// <param name="beta2">β2, 0.99 by default.</param>
/// <param name="tau">τ, 1e-3 by default.</param>
/// <param name="initialV">v before the first round, 0 by default; the paper asks for at least τ².</param>
/// <param name="isCorrected">
/// Whether η is multiplied with √(1 − β2^(t+1)) / (1 − β1^(t+1)) in round t, counted from 1, as Flower does. The paper has no correction,
/// which is the default.
/// </param>
internal sealed class FedAdam(double rate, double beta1, double beta2, double tau, double initialV, bool isCorrected)
    : AdaptiveStep(rate, beta1, tau, initialV)
{
    private const string Flower = "flower";

    private static readonly NumberField Rate = AdaptiveOptions.Rate(0.1);

    private static readonly WordField Correction =
        new("biasCorrection", "Whether the step size is corrected for what the server has not seen yet, as Flower does.", ["none", Flower]) { Default = "none" };

    public static Strategy Strategy { get; } = new("fedadam", spec => new FedAdam(
        spec.Strategy.Of(Rate), spec.Strategy.Of(AdaptiveOptions.Beta1), spec.Strategy.Of(AdaptiveOptions.Beta2), spec.Strategy.Of(AdaptiveOptions.Tau),
        spec.Strategy.Of(AdaptiveOptions.InitialV), spec.Strategy.Of(Correction) == Flower))
    {
        Options = [Rate, AdaptiveOptions.Beta1, AdaptiveOptions.Beta2, AdaptiveOptions.Tau, AdaptiveOptions.InitialV, Correction],
    };

    private const string Powers = "powers";

    /// <inheritdoc/>
    public override IReadOnlyList<StateTensor> State => isCorrected ? [.. base.State, new(Powers, 2)] : base.State;

    /// <inheritdoc/>
    protected override double NextSquare(double square, double squared) => (beta2 * square) + ((1 - beta2) * squared);

    /// <summary>The powers as running products, in the state, since a branch goes on counting: no platform's pow has a say.</summary>
    protected override double RateFactor(ServerState state)
    {
        if (!isCorrected)
            return 1;
        var powers = state[Powers];
        if (state.IsNew)
            (powers[0], powers[1]) = (Beta1, beta2);
        powers[0] *= Beta1;
        powers[1] *= beta2;
        return Math.Sqrt(1 - powers[1]) / (1 - powers[0]);
    }
}
