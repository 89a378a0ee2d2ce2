using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// What FedAdam, FedYogi and FedAdagrad have in common: with Δ = avg − x the server keeps m ← β1 m + (1 − β1) Δ and a v that each makes in
/// its own way, and steps x ← x + η m / (√v + τ) (Reddi et al., "Adaptive Federated Optimization", ICLR 2021, Algorithm 2). What differs is
/// <see cref="NextSquare"/>.
/// </summary>
/// <param name="rate">η.</param>
/// <param name="beta1">β1.</param>
/// <param name="tau">τ, above 0: where nothing has changed yet, 0/0 would be no number.</param>
/// <param name="initialV">v before the first round.</param>
internal abstract class AdaptiveStep(double rate, double beta1, double tau, double initialV) : ISumAggregation
{
    private const string Mean = "mean";
    private const string Square = "square";

    /// <inheritdoc/>
    public virtual IReadOnlyList<StateTensor> State { get; } = [new(Mean), new(Square)];

    /// <summary>β1.</summary>
    protected double Beta1 => beta1;

    /// <inheritdoc/>
    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures) => weights[0] = client.Examples;

    /// <inheritdoc/>
    public void Apply(SummedRound round, ServerState state, Span<double> next)
    {
        ReadOnlySpan<float> global = round.Global;
        ReadOnlySpan<double> sum = round.Sum();
        Span<double> mean = state[Mean], square = state[Square];
        if (state.IsNew)
            square.Fill(initialV);
        double examples = round.Examples;
        var step = rate * RateFactor(state);
        for (var index = 0; index < next.Length; index++)
        {
            var change = (sum[index] / examples) - global[index];
            mean[index] = (beta1 * mean[index]) + ((1 - beta1) * change);
            square[index] = NextSquare(square[index], change * change);
            next[index] = global[index] + (step * mean[index] / (Math.Sqrt(square[index]) + tau));
        }
    }

    /// <summary>The next v.</summary>
    /// <param name="square">v.</param>
    /// <param name="squared">Δ².</param>
    protected abstract double NextSquare(double square, double squared);

    /// <summary>What η is multiplied with in this round.</summary>
    protected virtual double RateFactor(ServerState state) => 1;
}
