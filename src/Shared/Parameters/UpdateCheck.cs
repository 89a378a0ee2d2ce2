using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlDurable.Shared.Parameters;

/// <summary>
/// Whether parameters may enter an average: all finite, and no farther from the global ones than the spec allows. A client asks before
/// it sends its update, so that another can take its place; the server asks again, since it trusts nobody.
/// </summary>
/// <param name="global">The parameters that the training started from.</param>
/// <param name="maxNorm">The largest distance; null sets no limit.</param>
public sealed class UpdateCheck(ModelParameters global, double? maxNorm)
{
    /// <summary>The tensors that an update has.</summary>
    public ParameterLayout Layout => global.Layout;

    /// <summary>What keeps an update out, or null.</summary>
    /// <param name="update">The update.</param>
    /// <param name="norm">Its distance (L2 norm) from the global parameters, but for what no optimizer changes; not a number where its values are none that can be.</param>
    public string? FindProblem(ModelParameters update, out double norm)
    {
        // A number that is none makes the distance one that is none: one look at the parameters tells both.
        var distance = NormOf(update);
        norm = double.NaN;
        if (!double.IsFinite(distance) || Layout.Tensors.Any(slot => !slot.IsTrained && !TensorPrimitives.IsFiniteAll<float>(Of(update, slot))))
            return "a parameter is infinite or not a number";
        if (Layout.Tensors.FirstOrDefault(slot => slot.IsVariance && TensorPrimitives.Min<float>(Of(update, slot)) < 0) is { } variance)
            return $"'{variance.Name}' has a negative variance";
        norm = distance;
        return norm > maxNorm && maxNorm is { } most
            ? FormattableString.Invariant($"its distance from the global parameters is {norm:G4}, at most {most:G4} is allowed")
            : null;
    }

    private double NormOf(ModelParameters update) => Math.Sqrt(Layout.Tensors.Where(slot => slot.IsTrained).Sum(
        slot => SquaredDistance(Of(update, slot), Of(global, slot))));

    /// <summary>
    /// In double precision and always in eight sums, however wide a machine's vectors are: where a limit is drawn must be the same everywhere.
    /// (What TensorPrimitives adds up depends on their width.)
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SquaredDistance(ReadOnlySpan<float> update, ReadOnlySpan<float> start)
    {
        var (low, high) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var index = 0;
        for (; index <= update.Length - Vector256<float>.Count; index += Vector256<float>.Count)
        {
            var (updateLow, updateHigh) = Vector256.Widen(Vector256.Create(update[index..]));
            var (startLow, startHigh) = Vector256.Widen(Vector256.Create(start[index..]));
            low += (updateLow - startLow) * (updateLow - startLow);
            high += (updateHigh - startHigh) * (updateHigh - startHigh);
        }

        double sum = 0;
        for (var lane = 0; lane < Vector256<double>.Count; lane++)
            sum += low[lane] + high[lane];
        for (; index < update.Length; index++)
        {
            var difference = (double)update[index] - start[index];
            sum += difference * difference;
        }

        return sum;
    }

    private static ReadOnlySpan<float> Of(ModelParameters parameters, TensorSlot slot) => parameters.Values.Slice(slot.Offset, slot.Length);
}
