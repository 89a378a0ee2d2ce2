namespace FlDurable.Shared.Records;

/// <summary>What was measured in a round: each absent when it was not.</summary>
/// <param name="Fit">The clients' mean while training.</param>
/// <param name="Evaluate">The clients' mean on the new global parameters.</param>
/// <param name="Central">The new global parameters on the central test set.</param>
public sealed record RoundMetrics(Metrics? Fit, Metrics? Evaluate, Metrics? Central);
