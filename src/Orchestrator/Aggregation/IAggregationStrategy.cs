namespace FlDurable.Orchestrator.Aggregation;

/// <summary>How the server makes the next global parameters of the clients' updates. One strategy, one file.</summary>
public interface IAggregationStrategy
{
    /// <summary>The name in specs.</summary>
    string Name { get; }

    /// <summary>The next global parameters.</summary>
    /// <param name="global">The parameters that the clients started from.</param>
    /// <param name="weightedMean">Σ n_k w_k / Σ n_k over the clients' parameters w_k, trained on n_k examples.</param>
    /// <param name="next">Where to write the result; as long as the other two.</param>
    void Apply(ReadOnlySpan<float> global, ReadOnlySpan<double> weightedMean, Span<float> next);
}
