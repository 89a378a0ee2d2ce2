using System.Numerics.Tensors;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>What a strategy sums over a leaf's clients.</summary>
/// <param name="aggregation">The strategy.</param>
/// <param name="layout">The parameters' layout.</param>
/// <param name="release">Is told which update is summed, so that its memory may be used again; it is not changed before. Null where nobody minds.</param>
internal sealed class LeafSum(ISumAggregation aggregation, ParameterLayout layout, Action<ModelParameters>? release = null)
{
    private readonly UpdateSum sum = new(layout, aggregation.Sums);
    private readonly double[] figures = new double[aggregation.Figures];

    // Updates that are to be added together, and their weights one after another.
    private readonly List<ModelParameters> waiting = new(UpdateSum.Together);
    private readonly double[] weights = new double[UpdateSum.Together * aggregation.Sums];

    /// <summary>What is summed besides the parameters; null where the strategy has nothing.</summary>
    public IReadOnlyList<double>? Figures => figures.Length == 0 ? null : figures;

    /// <summary>Adds a client's update, unless the strategy makes of what the client says a number that is none.</summary>
    public bool TryAdd(ClientOutcome client, ModelParameters update)
    {
        Span<double> numbers = stackalloc double[aggregation.Sums + aggregation.Figures];
        Span<double> own = numbers[aggregation.Sums..];
        aggregation.Weigh(client, numbers[..aggregation.Sums], own);
        if (!TensorPrimitives.IsFiniteAll<double>(numbers))
            return false;
        numbers[..aggregation.Sums].CopyTo(WeightsOf(waiting.Count));
        waiting.Add(update);
        TensorPrimitives.Add(figures, own, figures);
        if (waiting.Count == UpdateSum.Together)
        {
            sum.Add(waiting, weights);
            Release();
        }

        return true;
    }

    public byte[] ToSafetensors()
    {
        for (var index = 0; index < waiting.Count; index++)
            sum.Add(waiting[index], WeightsOf(index));
        Release();
        return sum.ToSafetensors();
    }

    private Span<double> WeightsOf(int index) => weights.AsSpan(index * aggregation.Sums, aggregation.Sums);

    private void Release()
    {
        if (release is not null)
            waiting.ForEach(release);
        waiting.Clear();
    }
}
