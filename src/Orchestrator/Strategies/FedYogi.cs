using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Yogi on the server: as <see cref="FedAdam"/>, but v ← v − (1 − β2) Δ² sign(v − Δ²), which forgets large changes no faster than it meets
/// small ones (Reddi et al., "Adaptive Federated Optimization", ICLR 2021, Algorithm 2).
/// </summary>
/// <param name="rate">η, 0.01 by default.</param>
/// <param name="beta1">β1, 0.9 by default.</param>
/// <param name="beta2">β2, 0.99 by default.</param>
/// <param name="tau">τ, 1e-3 by default.</param>
/// <param name="initialV">v before the first round, 0 by default; the paper asks for at least τ².</param>
internal sealed class FedYogi(double rate, double beta1, double beta2, double tau, double initialV) : AdaptiveStep(rate, beta1, tau, initialV)
{
    private static readonly NumberField Rate = AdaptiveOptions.Rate(0.01);

    public static Strategy Strategy { get; } = new("fedyogi", spec => new FedYogi(
        spec.Strategy.Of(Rate), spec.Strategy.Of(AdaptiveOptions.Beta1), spec.Strategy.Of(AdaptiveOptions.Beta2), spec.Strategy.Of(AdaptiveOptions.Tau),
        spec.Strategy.Of(AdaptiveOptions.InitialV)))
    {
        Options = [Rate, AdaptiveOptions.Beta1, AdaptiveOptions.Beta2, AdaptiveOptions.Tau, AdaptiveOptions.InitialV],
    };

    /// <inheritdoc/>
    protected override double NextSquare(double square, double squared)
    {
        // Math.Sign would throw where an update that overflows makes a difference that is no number.
        var sign = square > squared ? 1 : square < squared ? -1 : 0;
        return square - ((1 - beta2) * squared * sign);
    }
}
