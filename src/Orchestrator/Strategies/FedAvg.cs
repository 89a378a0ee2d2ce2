using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Federated averaging: x ← Σ (n_k / Σ n) w_k (McMahan, Moore, Ramage, Hampson and Agüera y Arcas, "Communication-Efficient Learning of
/// Deep Networks from Decentralized Data", AISTATS 2017, Algorithm 1).
/// </summary>
internal sealed class FedAvg : ISumAggregation
{
    public static Strategy Strategy { get; } = new("fedavg", _ => new FedAvg());

    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures) => weights[0] = client.Examples;

    public void Apply(SummedRound round, ServerState state, Span<double> next)
    {
        var sum = round.Sum();
        double examples = round.Examples;
        for (var index = 0; index < next.Length; index++)
            next[index] = sum[index] / examples;
    }
}
