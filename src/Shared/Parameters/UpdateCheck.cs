using System.Numerics.Tensors;

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

    /// <summary>Why an update may not, or null.</summary>
    public string? WhyNot(ModelParameters update)
    {
        if (!TensorPrimitives.IsFiniteAll<float>(update.Values))
            return "a parameter is infinite or not a number";
        if (Layout.Tensors.FirstOrDefault(slot => slot.IsVariance && HasNegative(update, slot)) is { } variance)
            return $"'{variance.Name}' has a negative variance";
        return maxNorm is { } most && NormOf(update) is var norm && norm > most
            ? FormattableString.Invariant($"its distance from the global parameters is {norm:G4}, at most {most:G4} is allowed")
            : null;
    }

    /// <summary>The distance (L2 norm) of an update from the global parameters, but for what no optimizer changes.</summary>
    public double NormOf(ModelParameters update)
    {
        // In double precision and in order: where a limit is drawn must be the same everywhere.
        double sum = 0;
        ReadOnlySpan<float> one = update.Values, other = global.Values;
        foreach (var slot in Layout.Tensors.Where(slot => slot.IsTrained))
        {
            for (var index = slot.Offset; index < slot.Offset + slot.Length; index++)
            {
                var difference = (double)one[index] - other[index];
                sum += difference * difference;
            }
        }

        return Math.Sqrt(sum);
    }

    private static bool HasNegative(ModelParameters update, TensorSlot slot) =>
        TensorPrimitives.Min<float>(update.Values.Slice(slot.Offset, slot.Length)) < 0;
}
