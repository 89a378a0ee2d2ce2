using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Adagrad on the server: v ← v + Δ², x ← x + η Δ / (√v + τ) with Δ = avg − x (Reddi et al., "Adaptive Federated Optimization", ICLR 2021,
/// Algorithm 2, with β1 = 0).
/// </summary>
/// <param name="rate">η, 0.1 by default.</param>
/// <param name="tau">τ, 1e-3 by default.</param>
/// <param name="initialV">v before the first round, 0 by default; the paper asks for at least τ².</param>
internal sealed class FedAdagrad(double rate, double tau, double initialV) : AdaptiveStep(rate, beta1: 0, tau, initialV)
{
    private static readonly NumberField Rate = AdaptiveOptions.Rate(0.1);

    public static Strategy Strategy { get; } = new("fedadagrad", spec => new FedAdagrad(
        spec.Strategy.Of(Rate), spec.Strategy.Of(AdaptiveOptions.Tau), spec.Strategy.Of(AdaptiveOptions.InitialV)))
    {
        Options = [Rate, AdaptiveOptions.Tau, AdaptiveOptions.InitialV],
    };

    /// <inheritdoc/>
    protected override double NextSquare(double square, double squared) => square + squared;
}
