using FlDurable.Api;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.State;

/// <summary>A round in a table for a person.</summary>
internal sealed record RoundRow
{
    public required int Round { get; init; }

    public double? FitLoss { get; init; }

    public double? EvaluateLoss { get; init; }

    public double? EvaluateAccuracy { get; init; }

    public double? CentralLoss { get; init; }

    public double? CentralAccuracy { get; init; }

    public double? BackdoorSuccess { get; init; }

    public RoundPrivacy? Privacy { get; init; }

    public required double Seconds { get; init; }

    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>How many failures of clients there were: of one that is lost to training and to evaluation, two.</summary>
    public required int FailureCount { get; init; }

    /// <summary>These failures; empty where nobody asked.</summary>
    public required IReadOnlyList<ClientFailure> Failures { get; init; }

    public static RoundRow Of(RoundRecord record) => new()
    {
        Round = record.Round,
        FitLoss = record.FitLoss,
        EvaluateLoss = record.EvaluateLoss,
        EvaluateAccuracy = record.EvaluateAccuracy,
        CentralLoss = record.CentralLoss,
        CentralAccuracy = record.CentralAccuracy,
        BackdoorSuccess = record.ToMetrics().Central?.FindBackdoorSuccess(),
        Privacy = record.Privacy,
        Seconds = record.Seconds,
        Events = record.Events ?? [],
        FailureCount = record.Count().Failures,
        Failures = record.Failures,
    };

    public static RoundRow Of(RoundSummary round) => new()
    {
        Round = round.Round,
        FitLoss = round.FitLoss,
        EvaluateLoss = round.EvaluateLoss,
        EvaluateAccuracy = round.EvaluateAccuracy,
        CentralLoss = round.CentralLoss,
        CentralAccuracy = round.CentralAccuracy,
        BackdoorSuccess = round.BackdoorSuccess,
        Privacy = round.Privacy,
        Seconds = round.Seconds,
        Events = round.Events ?? [],
        FailureCount = round.FailureCount,
        Failures = [],
    };
}
