using System.Numerics.Tensors;
using FlDurable.Shared.Parameters;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>Whether parameters may enter an average: all finite, and no farther from the global ones than the spec allows.</summary>
internal sealed class UpdateCheck(ModelParameters global, double maxNorm)
{
    public ParameterLayout Layout => global.Layout;

    /// <summary>Why an update may not, or null.</summary>
    public string? WhyNot(ModelParameters update)
    {
        if (!TensorPrimitives.IsFiniteAll<float>(update.Values))
            return "a parameter is infinite or not a number";
        var norm = Distance(update.Values, global.Values);
        return norm <= maxNorm ? null : FormattableString.Invariant($"its distance from the global parameters is {norm:G4}, at most {maxNorm:G4} is allowed");
    }

    // In double precision and in order: where the limit is drawn must be the same everywhere.
    private static double Distance(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        double sum = 0;
        for (var index = 0; index < one.Length; index++)
        {
            var difference = (double)one[index] - other[index];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }
}
