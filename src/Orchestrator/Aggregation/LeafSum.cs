using System.Numerics.Tensors;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>What a strategy sums over a leaf's clients.</summary>
internal sealed class LeafSum(ISumAggregation aggregation, ParameterLayout layout)
{
    private readonly UpdateSum sum = new(layout, aggregation.Sums);
    private readonly double[] figures = new double[aggregation.Figures];

    /// <summary>What is summed besides the parameters; null where the strategy has nothing.</summary>
    public IReadOnlyList<double>? Figures => figures.Length == 0 ? null : figures;

    /// <summary>Adds a client's update, unless the strategy makes of what the client says a number that is none.</summary>
    public bool TryAdd(ClientOutcome client, ModelParameters update)
    {
        Span<double> numbers = stackalloc double[aggregation.Sums + aggregation.Figures];
        Span<double> weights = numbers[..aggregation.Sums], own = numbers[aggregation.Sums..];
        aggregation.Weigh(client, weights, own);
        if (!TensorPrimitives.IsFiniteAll<double>(numbers))
            return false;
        sum.Add(update, weights);
        TensorPrimitives.Add(figures, own, figures);
        return true;
    }

    public byte[] ToSafetensors() => sum.ToSafetensors();
}
