using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Records;

/// <summary>The round with the best value of a measure so far; of several the first.</summary>
/// <param name="Metric">The measure: one of <see cref="MeasuredMetric.Names"/>.</param>
/// <param name="Round">The round.</param>
/// <param name="Value">The value.</param>
public sealed record BestRound(string Metric, int Round, double Value);
