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
        return maxNorm is { } most && NormOf(update) is var norm && norm > most
            ? FormattableString.Invariant($"its distance from the global parameters is {norm:G4}, at most {most:G4} is allowed")
            : null;
    }

    /// <summary>The distance (L2 norm) of an update from the global parameters.</summary>
    public double NormOf(ModelParameters update)
    {
        // In double precision and in order: where a limit is drawn must be the same everywhere.
        double sum = 0;
        ReadOnlySpan<float> one = update.Values, other = global.Values;
        for (var index = 0; index < one.Length; index++)
        {
            var difference = (double)one[index] - other[index];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }
}
