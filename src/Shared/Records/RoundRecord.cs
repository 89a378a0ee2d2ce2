using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Records;

/// <summary>
/// What happened in one round: the content of <c>record.json</c>. Two runs of a spec give identical records but for the fields named
/// <c>seconds</c>.
/// </summary>
public sealed record RoundRecord : ISealed
{
    /// <summary>So many failures are told in a record whose clients are in parts.</summary>
    public const int MostFailuresBesideParts = 100;

    /// <summary>The round; 0 is the state before training.</summary>
    public required int Round { get; init; }

    /// <summary>The training loss, the mean over the participants weighted by examples.</summary>
    public double? FitLoss { get; init; }

    /// <summary>The training accuracy, likewise.</summary>
    public double? FitAccuracy { get; init; }

    /// <summary>The loss of the new global parameters on the evaluating clients' validation examples, likewise.</summary>
    public double? EvaluateLoss { get; init; }

    /// <summary>Their accuracy, likewise.</summary>
    public double? EvaluateAccuracy { get; init; }

    /// <summary>The loss of the new global parameters on the central test set.</summary>
    public double? CentralLoss { get; init; }

    /// <summary>Their accuracy on it.</summary>
    public double? CentralAccuracy { get; init; }

    /// <summary>
    /// The weighted means of whatever else the clients measured, keyed <c>fit.{name}</c> and <c>evaluate.{name}</c>, and what the host's own metrics
    /// say of the new global parameters on the central test set, keyed <c>central.{name}</c>.
    /// </summary>
    public IReadOnlyDictionary<string, double>? Additional { get; init; }

    /// <summary>Of what of <see cref="Additional"/> is a mean over clients, the smallest and the largest of them, by the same keys.</summary>
    public IReadOnlyDictionary<string, MetricRange>? AdditionalRanges { get; init; }

    /// <summary>How long the round took, by the orchestration's clock, which goes on while no process is at work.</summary>
    public required double Seconds { get; init; }

    /// <summary>The SHA-256 of <c>global.safetensors</c> after the round.</summary>
    public required string ParametersSha256 { get; init; }

    /// <summary>How many bytes <c>global.safetensors</c> has; absent in what builds wrote that did not note it.</summary>
    public long? ParametersBytes { get; init; }

    /// <summary>The SHA-256 of <c>strategy.safetensors</c> after the round; absent if the strategy keeps nothing.</summary>
    public string? StrategyStateSha256 { get; init; }

    /// <summary>The SHA-256 of <c>clients.json</c> after the round; absent if the strategy has the clients keep nothing.</summary>
    public string? ClientStatesSha256 { get; init; }

    /// <summary>What is kept of the clients' privacy by the end of the round; absent unless the spec asks for any.</summary>
    public RoundPrivacy? Privacy { get; init; }

    /// <summary>What the clients were to train with; absent in round 0.</summary>
    public TrainingPlan? Plan { get; init; }

    /// <summary>The best rounds so far, by the measures that the spec's <c>keepBest</c> and <c>stopWhen</c> look at; absent if they look at none.</summary>
    public IReadOnlyList<BestRound>? Best { get; init; }

    /// <summary>Why the federation ends with this round, before its last; absent unless it does.</summary>
    public string? Stopped { get; init; }

    /// <summary>The training engine.</summary>
    public required string Engine { get; init; }

    /// <summary>The digest of the partitioned data set.</summary>
    public required string DatasetDigest { get; init; }

    /// <summary>Every client that trained, in the order of the data set, and then those that only evaluated; empty where there are <see cref="Parts"/>.</summary>
    public required IReadOnlyList<RoundParticipant> Participants { get; init; }

    /// <summary>
    /// Every failure of a client that was selected, with the reason; where there are <see cref="Parts"/>, the first <see cref="MostFailuresBesideParts"/>. One that is missing
    /// from training and from evaluation has two.
    /// </summary>
    public required IReadOnlyList<ClientFailure> Failures { get; init; }

    /// <summary>
    /// What the clients are in, if more than <see cref="RoundClients.MostTogether"/> were selected; else absent.
    /// <see cref="RecordedFederation.ReadClientsAsync(RoundRecord, CancellationToken)"/> reads them wherever they are.
    /// </summary>
    public IReadOnlyList<RoundRecordPart>? Parts { get; init; }

    /// <summary>What somebody should know of the round besides, for a person: <c>diverged: …</c>; absent if there is nothing.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    /// <inheritdoc/>
    public string? Seal { get; init; }

    /// <summary>How many clients there were, wherever they are named.</summary>
    public RoundCounts Count() => Parts is null ? new RoundClients(Participants, Failures).Count() : RoundCounts.Sum(Parts.Select(part => part.Counts));

    /// <summary>What was measured.</summary>
    public RoundMetrics ToMetrics() => new(
        ToMetrics(FitLoss, FitAccuracy, "fit."), ToMetrics(EvaluateLoss, EvaluateAccuracy, "evaluate."), ToMetrics(CentralLoss, CentralAccuracy, "central."));

    private Metrics? ToMetrics(double? loss, double? accuracy, string prefix)
    {
        if (loss is null || accuracy is null)
            return null;
        var additional = (Additional ?? new Dictionary<string, double>())
            .Where(metric => metric.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(metric => metric.Key[prefix.Length..], metric => metric.Value, StringComparer.Ordinal);
        return new Metrics(loss.Value, accuracy.Value, additional.Count == 0 ? null : additional);
    }
}

/// <summary>The values that clients have of something.</summary>
/// <param name="Min">The smallest.</param>
/// <param name="Max">The largest.</param>
public sealed record MetricRange(double Min, double Max);

/// <summary>What is kept of the clients' privacy by the end of a round: whoever sees the global parameters of all rounds so far learns no more of a client.</summary>
/// <param name="Epsilon">ε; absent where there is no noise, and so no bound.</param>
/// <param name="Delta">δ.</param>
/// <param name="Clip">The clip of the round; in round 0 that of the first.</param>
/// <param name="NextClip">The clip of the next round, where it follows the updates' norms; else absent.</param>
public sealed record RoundPrivacy(double? Epsilon, double Delta, double Clip, double? NextClip = null);

/// <summary>A client's part in a round. The fit fields are absent if it only evaluated, the evaluate fields if it only trained.</summary>
public sealed record RoundParticipant
{
    /// <summary>Its name.</summary>
    public required string Client { get; init; }

    /// <summary>How many examples it trained on: the weight of its update.</summary>
    public long? Examples { get; init; }

    /// <summary>The distance (L2 norm) of its update from the parameters that it started from.</summary>
    public double? UpdateNorm { get; init; }

    /// <summary>How many bytes its update has; absent if it only evaluated, and in what builds wrote that did not note it.</summary>
    public long? UpdateBytes { get; init; }

    /// <summary>Its mean training loss.</summary>
    public double? FitLoss { get; init; }

    /// <summary>Its training accuracy.</summary>
    public double? FitAccuracy { get; init; }

    /// <summary>How many examples it evaluated on.</summary>
    public long? EvaluateExamples { get; init; }

    /// <summary>The new global parameters' loss on its validation examples.</summary>
    public double? EvaluateLoss { get; init; }

    /// <summary>Their accuracy on them.</summary>
    public double? EvaluateAccuracy { get; init; }

    /// <summary>Whatever else it measured, keyed <c>fit.{name}</c> and <c>evaluate.{name}</c>.</summary>
    public IReadOnlyDictionary<string, double>? Additional { get; init; }

    /// <summary>What it was chosen by to train, where the spec's <c>selection</c> looks at speed; absent where it does not, or nothing was known of it.</summary>
    public double? SelectionScore { get; init; }

    /// <summary>How long it trained and evaluated.</summary>
    public required double Seconds { get; init; }

    /// <summary>When it trained; absent if it only evaluated.</summary>
    public TimeInRound? Trained { get; init; }

    /// <summary>When it evaluated; absent if it only trained.</summary>
    public TimeInRound? Evaluated { get; init; }
}

/// <summary>A part of a round's time.</summary>
/// <param name="Seconds">
/// The beginning and the end, in seconds since the first client of the round began, by the clocks of whoever did the work; absent where those agree too little, or nothing was noted.
/// </param>
public sealed record TimeInRound(IReadOnlyList<double>? Seconds);
