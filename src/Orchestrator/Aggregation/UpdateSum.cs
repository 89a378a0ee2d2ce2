using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
    /// <summary>Of so many updates that are added together the sum is read and written once: it is twice as long as each of them.</summary>
    public const int Together = 4;

    private const int Lanes = 16;

    private readonly ParameterLayout sumLayout = LayoutOf(layout, count);
    private readonly double[] sums = new double[count * layout.Length];

    /// <summary>The sums that <see cref="ToSafetensors"/> wrote, one after another.</summary>
    public static double[] Read(byte[] content, ParameterLayout layout, int count) => Safetensors.Read<double>(content, LayoutOf(layout, count));

    public void Add(ModelParameters update, ReadOnlySpan<double> weights)
    {
        for (var index = 0; index < count; index++)
            Add(Sum(index), update.Values, weights[index]);
    }

    /// <summary>The same as adding one after another, bit for bit.</summary>
    /// <param name="updates">So many as are added <see cref="Together"/>.</param>
    /// <param name="weights">Those of the first update, then those of the next.</param>
    public void Add(IReadOnlyList<ModelParameters> updates, ReadOnlySpan<double> weights)
    {
        for (var index = 0; index < count; index++)
        {
            var sum = Sum(index);
            var added = Add(
                sum,
                updates[0].Values, weights[index],
                updates[1].Values, weights[count + index],
                updates[2].Values, weights[(2 * count) + index],
                updates[3].Values, weights[(3 * count) + index]);
            for (var update = 0; update < Together; update++)
                Add(sum[added..], updates[update].Values[added..], weights[(update * count) + index]);
        }
    }

    public void Add(byte[] partialSum) => TensorPrimitives.Add(sums, Read(partialSum, layout, count), sums);

    public byte[] ToSafetensors() => Safetensors.Write<double>(sumLayout, sums);

    private Span<double> Sum(int index) => sums.AsSpan(index * layout.Length, layout.Length);

    /// <summary>The first sum has the parameters' names, as PyTorch loads them; the others are told apart.</summary>
    private static ParameterLayout LayoutOf(ParameterLayout layout, int count) => count == 1 ? layout : new ParameterLayout(
        Enumerable.Range(0, count).SelectMany(index => layout.Tensors.Select(slot => (index == 0 ? slot.Name : $"{index}.{slot.Name}", slot.Shape))));

    /// <summary>A product and a sum, each rounded: whatever the width of the machine's vectors, the bits are those of one number at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(Span<double> sum, ReadOnlySpan<float> values, double weight)
    {
        ref var to = ref MemoryMarshal.GetReference(sum);
        ref var from = ref MemoryMarshal.GetReference(values);
        var whole = values.Length / Lanes * Lanes;
        for (var index = 0; index < whole; index += Lanes)
        {
            var (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref from, (nuint)index));
            var beyond = index + (Lanes / 2);
            (Vector512.LoadUnsafe(ref to, (nuint)index) + (lower * weight)).StoreUnsafe(ref to, (nuint)index);
            (Vector512.LoadUnsafe(ref to, (nuint)beyond) + (upper * weight)).StoreUnsafe(ref to, (nuint)beyond);
        }

        for (var index = whole; index < values.Length; index++)
            sum[index] += weight * values[index];
    }

    /// <summary>The same for four, each number of the sum kept in a register from the first to the last.</summary>
    /// <returns>How many numbers that was: what is left is shorter than a vector.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Add(
        Span<double> sum,
        ReadOnlySpan<float> first, double firstWeight,
        ReadOnlySpan<float> second, double secondWeight,
        ReadOnlySpan<float> third, double thirdWeight,
        ReadOnlySpan<float> fourth, double fourthWeight)
    {
        ref var to = ref MemoryMarshal.GetReference(sum);
        ref var one = ref MemoryMarshal.GetReference(first);
        ref var two = ref MemoryMarshal.GetReference(second);
        ref var three = ref MemoryMarshal.GetReference(third);
        ref var four = ref MemoryMarshal.GetReference(fourth);
        var whole = sum.Length / Lanes * Lanes;
        for (var index = 0; index < whole; index += Lanes)
        {
            var beyond = index + (Lanes / 2);
            var low = Vector512.LoadUnsafe(ref to, (nuint)index);
            var high = Vector512.LoadUnsafe(ref to, (nuint)beyond);
            var (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref one, (nuint)index));
            low += lower * firstWeight;
            high += upper * firstWeight;
            (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref two, (nuint)index));
            low += lower * secondWeight;
            high += upper * secondWeight;
            (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref three, (nuint)index));
            low += lower * thirdWeight;
            high += upper * thirdWeight;
            (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref four, (nuint)index));
            low += lower * fourthWeight;
            high += upper * fourthWeight;
            low.StoreUnsafe(ref to, (nuint)index);
            high.StoreUnsafe(ref to, (nuint)beyond);
        }

        return whole;
    }
}
