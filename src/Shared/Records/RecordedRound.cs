using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Records;

/// <summary>A round that is recorded, in brief.</summary>
/// <param name="Round">The round; 0 is the state before training.</param>
/// <param name="Dataset">The data set's manifest.</param>
/// <param name="Global">The global parameters after the round.</param>
/// <param name="Metrics">What was measured in it.</param>
/// <param name="StrategyState">What the strategy keeps of it; null if that is nothing.</param>
/// <param name="Best">The record's <see cref="RoundRecord.Best"/>.</param>
/// <param name="BestBefore">That of the round before.</param>
/// <param name="Stopped">The record's <see cref="RoundRecord.Stopped"/>: no round follows.</param>
public sealed record RecordedRound(
    int Round, ArtifactReference Dataset, ArtifactReference Global, RoundMetrics Metrics, ArtifactReference? StrategyState = null,
    IReadOnlyList<BestRound>? Best = null, IReadOnlyList<BestRound>? BestBefore = null, string? Stopped = null);
