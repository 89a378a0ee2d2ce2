using System.Numerics;
using System.Numerics.Tensors;
using FlDurable.Shared.Parameters;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Σ weight · w over clients' parameters w, streamed, for one weight or several. It is summed in double precision and in the order of the
/// calls, so that the bits are the same wherever and whenever it is computed.
/// </summary>
/// <param name="layout">The parameters' layout.</param>
/// <param name="count">How many sums.</param>
internal sealed class UpdateSum(ParameterLayout layout, int count = 1)
{
    private readonly ParameterLayout sumLayout = LayoutOf(layout, count);
    private readonly double[] sums = new double[count * layout.Length];

    /// <summary>The sums that <see cref="ToSafetensors"/> wrote, one after another.</summary>
    public static double[] Read(byte[] content, ParameterLayout layout, int count) => Safetensors.Read<double>(content, LayoutOf(layout, count));

    public void Add(ModelParameters update, ReadOnlySpan<double> weights)
    {
        for (var index = 0; index < count; index++)
            Add(sums.AsSpan(index * layout.Length, layout.Length), update.Values, weights[index]);
    }

    public void Add(byte[] partialSum) => TensorPrimitives.Add(sums, Read(partialSum, layout, count), sums);

    public byte[] ToSafetensors() => Safetensors.Write<double>(sumLayout, sums);

    /// <summary>The first sum has the parameters' names, as PyTorch loads them; the others are told apart.</summary>
    private static ParameterLayout LayoutOf(ParameterLayout layout, int count) => count == 1 ? layout : new ParameterLayout(
        Enumerable.Range(0, count).SelectMany(index => layout.Tensors.Select(slot => (index == 0 ? slot.Name : $"{index}.{slot.Name}", slot.Shape))));

    /// <summary>A product and a sum, each rounded: whatever the width of the machine's vectors, the bits are those of one number at a time.</summary>
    private static void Add(Span<double> sum, ReadOnlySpan<float> values, double weight)
    {
        var index = 0;
        for (; index <= values.Length - Vector<float>.Count; index += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[index..]), out var lower, out var upper);
            Span<double> to = sum[index..], beyond = to[Vector<double>.Count..];
            (new Vector<double>(to) + (lower * weight)).CopyTo(to);
            (new Vector<double>(beyond) + (upper * weight)).CopyTo(beyond);
        }

        for (; index < values.Length; index++)
            sum[index] += weight * values[index];
    }
}
