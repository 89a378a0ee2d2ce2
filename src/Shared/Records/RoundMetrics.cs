using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Records;

/// <summary>What was measured in a round: each absent when it was not.</summary>
/// <param name="Fit">The clients' mean while training.</param>
/// <param name="Evaluate">The clients' mean on the new global parameters.</param>
/// <param name="Central">The new global parameters on the central test set.</param>
public sealed record RoundMetrics(Metrics? Fit, Metrics? Evaluate, Metrics? Central)
{
    /// <summary>What was measured by a name; null if it was not.</summary>
    /// <param name="metric">One of <see cref="MeasuredMetric.Names"/>, or <see cref="MeasuredMetric.OfOwn"/> of a host's own.</param>
    public double? Find(string metric) => metric switch
    {
        "centralAccuracy" => Central?.Accuracy,
        "centralLoss" => Central?.Loss,
        "evaluateAccuracy" => Evaluate?.Accuracy,
        "evaluateLoss" => Evaluate?.Loss,
        "fitAccuracy" => Fit?.Accuracy,
        "fitLoss" => Fit?.Loss,
        _ when MeasuredMetric.FindOwn(metric) is { } own => Central?.Additional is { } additional && additional.TryGetValue(own, out var value) ? value : null,
        _ => throw new ArgumentException($"expected one of {string.Join(", ", MeasuredMetric.Names)}, got '{metric}'", nameof(metric)),
    };
}
