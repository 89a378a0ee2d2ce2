using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Normalised averaging: clients that take more steps than others don't pull the model to their own optimum. With d_k = (x − w_k) / |a_k|
/// and p_k = n_k / Σn over the clients that are there, x ← x − (Σ p_k |a_k|) Σ p_k d_k (Wang, Liu, Liang, Joshi and Poor, "Tackling the
/// Objective Inconsistency Problem in Heterogeneous Federated Optimization", NeurIPS 2020, §4.1). |a_k| is what a client's steps add up to
/// (<see cref="LocalSteps.Norm"/>).
/// </summary>
/// <param name="momentum">ρ, that of the clients' SGD.</param>
internal sealed class FedNova(double momentum) : ISumAggregation
{
    public static Strategy Strategy { get; } = new("fednova", spec => new FedNova(spec.Momentum.First))
    {
        Expected = spec => spec.Optimizer == "sgd" ? [] : [new("optimizer", $"expected sgd, whose steps fednova can count, got {spec.Optimizer}")],
    };

    public ClientPlan Plan { get; } = new(CountsSteps: true);

    /// <summary>Σ n_k / |a_k| and Σ n_k |a_k|.</summary>
    public int Figures => 2;

    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures)
    {
        var norm = LocalSteps.Norm(client.Steps ?? 0, momentum);
        figures[0] = weights[0] = client.Examples / norm;
        figures[1] = client.Examples * norm;
    }

    public double TotalWeight(SummedRound round) => round.Figures[0];

    public void Apply(SummedRound round, ServerState state, Span<double> next)
    {
        ReadOnlySpan<float> global = round.Global;
        ReadOnlySpan<double> sum = round.Sum();
        double examples = round.Examples;
        var effective = round.Figures[1] / examples;
        for (var index = 0; index < next.Length; index++)
            next[index] = global[index] - (effective * ((round.Figures[0] * global[index]) - sum[index]) / examples);
    }
}
