namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Federated averaging: x ← Σ (n_k / Σ n) w_k (McMahan, Moore, Ramage, Hampson and Agüera y Arcas, "Communication-Efficient Learning of
/// Deep Networks from Decentralized Data", AISTATS 2017, Algorithm 1).
/// </summary>
internal sealed class FedAvg : IAggregationStrategy
{
    public string Name => "fedavg";

    public void Apply(ReadOnlySpan<float> global, ReadOnlySpan<double> weightedMean, Span<float> next)
    {
        for (var index = 0; index < next.Length; index++)
            next[index] = (float)weightedMean[index];
    }
}
