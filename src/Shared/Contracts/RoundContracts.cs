using System.Text.Json.Serialization;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Contracts;

/// <summary>What the activities that need no more than the federation take.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
public sealed record FederationInput(ArtifactReference Spec);

/// <summary>The data of a federation, or why it can have none, or has none yet. Two of the three are null.</summary>
/// <param name="Dataset">The data set's manifest.</param>
/// <param name="Failure">What is wrong with the data, or with what the spec asks of it, after the field's name; the same however often it is tried.</param>
/// <param name="WaitingFor">The sites that are still to enrol, for a person.</param>
public sealed record PrepareDatasetResult(ArtifactReference? Dataset, string? Failure = null, string? WaitingFor = null);

/// <summary>Asks for a round's selection.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Dataset">The data set's manifest.</param>
/// <param name="Round">The round, from 1.</param>
public sealed record SelectClientsInput(ArtifactReference Spec, ArtifactReference Dataset, int Round);

/// <summary>How many clients were selected, and where they are named.</summary>
/// <param name="Selection">The <see cref="Records.Selection"/>.</param>
/// <param name="Fit">How many train.</param>
/// <param name="Needed">How many updates are needed of them: the first so many that arrive.</param>
/// <param name="Evaluate">How many evaluate.</param>
/// <param name="DeadlineSeconds">After so long each phase goes on with what has arrived; null waits for what is needed.</param>
/// <param name="CohortSize">Clients an activity, where the spec leaves that to the round; else null.</param>
/// <param name="EvaluateCohortSize">Clients an activity that evaluates, likewise.</param>
public sealed record SelectClientsResult(
    ArtifactReference Selection, int Fit, int Needed, int Evaluate, double? DeadlineSeconds = null, int? CohortSize = null, int? EvaluateCohortSize = null);

/// <summary>Work for one cohort: a range of a round's selection.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Round">The round.</param>
/// <param name="Attempt">Which attempt at the round, from 1.</param>
/// <param name="Selection">The round's <see cref="Records.Selection"/>.</param>
/// <param name="Global">The global parameters: to start from when training, to judge when evaluating.</param>
/// <param name="First">The index of the cohort's first client in its phase's list.</param>
/// <param name="Count">How many clients, 1 to 64.</param>
/// <param name="Deadline">When, in UTC, nobody waits for the result any more; null: somebody always does.</param>
public sealed record CohortInput(
    ArtifactReference Spec, int Round, int Attempt, ArtifactReference Selection, ArtifactReference Global, int First, int Count,
    DateTime? Deadline = null)
{
    /// <summary>Whether it is one client, tried alone after its cohort had failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsAlone { get; init; }
}

/// <summary>What became of a part of a round (a cohort, a leaf, a larger part), in brief.</summary>
/// <param name="Manifest">Its <see cref="PartOutcomes"/>.</param>
/// <param name="Succeeded">Clients with a result.</param>
/// <param name="Failed">Clients that are named failures.</param>
/// <param name="FirstFailure">The first of them, for a person; null without any.</param>
/// <param name="Metrics">A cohort's weighted mean of the results; null without any. For showing: the manifest is what counts.</param>
public sealed record PartResult(
    ArtifactReference Manifest, int Succeeded, int Failed = 0, ClientFailure? FirstFailure = null, Metrics? Metrics = null);

/// <summary>What became of each client of a cohort, a leaf or a whole round.</summary>
/// <param name="Clients">In selection order; empty from more than a leaf up, where the manifests that are merged name them.</param>
/// <param name="Sum">
/// For updates, from a leaf up: the sum of every update times what the strategy gives it for a weight, in double precision; null when no
/// update was good, or where the strategy needs them one by one.
/// </param>
/// <param name="Merged">What it is made of; null up to a leaf.</param>
/// <param name="Figures">What the strategy sums over the clients besides; null if that is nothing.</param>
public sealed record PartOutcomes(
    IReadOnlyList<ClientOutcome> Clients, ArtifactReference? Sum = null, MergedOutcomes? Merged = null, IReadOnlyList<double>? Figures = null);

/// <summary>Neighbouring subtrees as one.</summary>
/// <param name="Subtrees">Their <see cref="PartOutcomes"/>s, in order, at most 64.</param>
/// <param name="Totals">What there is in them together.</param>
public sealed record MergedOutcomes(IReadOnlyList<ArtifactReference> Subtrees, OutcomeTotals Totals);

/// <summary>Many clients' outcomes in brief.</summary>
/// <param name="Succeeded">Clients with a result.</param>
/// <param name="Failed">Clients that are named failures.</param>
/// <param name="Examples">The examples of those with a result: the weight of their sum.</param>
/// <param name="FirstFailure">The first failure, for a person; null without any.</param>
public sealed record OutcomeTotals(int Succeeded, int Failed, long Examples, ClientFailure? FirstFailure);

/// <summary>What became of one client.</summary>
/// <param name="Client">Its name.</param>
/// <param name="Examples">How many examples it worked on: its weight.</param>
/// <param name="Seconds">How long it worked.</param>
/// <param name="Metrics">What it measured; null if it failed.</param>
/// <param name="Update">The parameters after training; null if it only evaluated, or failed.</param>
/// <param name="Failure">Why there is no result.</param>
/// <param name="UpdateNorm">
/// The distance (L2 norm) between the update and the parameters that it started from, as the server has measured it; null where there is no
/// update.
/// </param>
/// <param name="Steps">How many steps its optimizer has taken, where the strategy asks (<see cref="ClientPlan.CountsSteps"/>); else null.</param>
/// <param name="InitialLoss">
/// The global parameters' loss on what it trained on, before it did, where the strategy asks (<see cref="ClientPlan.MeasuresInitialLoss"/>);
/// else null.
/// </param>
/// <param name="State">What it keeps if its update enters the round, where the strategy has it keep something (<see cref="ClientPlan.KeepsState"/>); else null.</param>
public sealed record ClientOutcome(
    string Client, long Examples, double Seconds, Metrics? Metrics = null, ArtifactReference? Update = null, ClientFailure? Failure = null,
    double? UpdateNorm = null, int? Steps = null, double? InitialLoss = null, ArtifactReference? State = null)
{
    /// <summary>When its work began, by the clock of whoever did it; null where a build did that noted none. Nothing is decided by it.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Its place in the data set, from a leaf up; null in what builds wrote that did not note it.</summary>
    public int? Index { get; init; }
}

/// <summary>Asks for a cohort's work to be offered to whoever does it.</summary>
/// <param name="Work">The offer's id: (federation, round, attempt, phase, cohort, offer), so that it is no other's.</param>
/// <param name="Cohort">The work.</param>
/// <param name="Phase">Training or evaluating.</param>
/// <param name="Instance">The instance that waits for the result.</param>
/// <param name="Event">The event by which it is told.</param>
/// <param name="AttemptSeconds">How long a worker may have it.</param>
public sealed record OfferWorkInput(string Work, CohortInput Cohort, RoundPhase Phase, string Instance, string Event, int AttemptSeconds);

/// <summary>What has become of work that was offered.</summary>
/// <param name="Result">What came of it; null while nothing has.</param>
/// <param name="WaitSeconds">How long it may still take before there is reason to look again; 0 when it is over, and nothing came of it.</param>
/// <param name="IsTaken">Whether a worker has taken it; false as long as it waits for one.</param>
public sealed record OfferedWork(PartResult? Result, int WaitSeconds, bool IsTaken = false);

/// <summary>Asks for work that was offered to be looked at, and withdrawn if its time is over.</summary>
/// <param name="Offer">The offer.</param>
/// <param name="EndsWaiting">Whether it is withdrawn also if it still waits for a worker to take it.</param>
public sealed record LookAtWorkInput(OfferWorkInput Offer, bool EndsWaiting = false);

/// <summary>Asks for work to be withdrawn that nobody waits for any more.</summary>
/// <param name="Work">The offers.</param>
public sealed record WithdrawWorkInput(IReadOnlyList<string> Work);

/// <summary>How the activity of a cohort ended: exactly one of the three is there.</summary>
/// <param name="Manifest">What it wrote.</param>
/// <param name="Failure">Why its retries are spent, at most <see cref="MaxFailureBytes"/> bytes of JSON.</param>
/// <param name="Alone">How each of its clients ended when it was tried alone, in order.</param>
public sealed record CohortEnd(ArtifactReference? Manifest, string? Failure, IReadOnlyList<CohortEnd>? Alone = null)
{
    /// <summary>Keeps a leaf of 64 failed cohorts well inside a message of 16 KB.</summary>
    public const int MaxFailureBytes = 180;
}

/// <summary>Asks for the sum, or the collected evaluations, of one leaf.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Round">The round.</param>
/// <param name="Attempt">Which attempt at the round.</param>
/// <param name="Phase">Updates or evaluations.</param>
/// <param name="CohortSize">Clients a cohort; the last one may have fewer.</param>
/// <param name="Selection">The round's <see cref="Records.Selection"/>.</param>
/// <param name="Global">The global parameters that the clients started from, or judged.</param>
/// <param name="Range">The leaf's clients.</param>
/// <param name="Cohorts">How each of its cohorts ended, in order.</param>
/// <param name="NormLimit">An update farther from the global parameters is refused (<see cref="SentBack"/>); null without such a limit.</param>
public sealed record AggregateLeafInput(
    ArtifactReference Spec, int Round, int Attempt, RoundPhase Phase, int CohortSize, ArtifactReference Selection, ArtifactReference Global,
    SelectionRange Range, IReadOnlyList<CohortEnd> Cohorts, double? NormLimit = null);

/// <summary>Asks for neighbouring subtrees to be made one.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Round">The round.</param>
/// <param name="Attempt">Which attempt at the round.</param>
/// <param name="Phase">Updates or evaluations.</param>
/// <param name="Range">The clients of all of them.</param>
/// <param name="Subtrees">Their manifests, in order, at most 64.</param>
public sealed record MergeSubtreesInput(
    ArtifactReference Spec, int Round, int Attempt, RoundPhase Phase, SelectionRange Range, IReadOnlyList<ArtifactReference> Subtrees);

/// <summary>Asks for the next global parameters.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Round">The round.</param>
/// <param name="Attempt">Which attempt at the round.</param>
/// <param name="Global">The parameters that the clients started from.</param>
/// <param name="Updates">The <see cref="PartOutcomes"/> of all updates.</param>
/// <param name="StrategyState">What the strategy kept of the round before; null if it keeps nothing, or has not yet.</param>
public sealed record AggregateUpdatesInput(
    ArtifactReference Spec, int Round, int Attempt, ArtifactReference Global, ArtifactReference Updates, ArtifactReference? StrategyState = null);

/// <summary>What the updates come to: exactly one of the first two is there.</summary>
/// <param name="Candidate">The next global parameters, if they can be evaluated.</param>
/// <param name="Unusable">Why they are of no use, for a person.</param>
/// <param name="StrategyState">What the strategy keeps if they are recorded; null if it keeps nothing.</param>
public sealed record AggregateUpdatesResult(ArtifactReference? Candidate, string? Unusable = null, ArtifactReference? StrategyState = null);

/// <summary>Asks which updates stand out among those whose aggregate is of no use.</summary>
/// <param name="Updates">The <see cref="PartOutcomes"/> of all updates.</param>
public sealed record FindOutliersInput(ArtifactReference Updates);

/// <summary>Which updates stand out.</summary>
/// <param name="NormLimit">Ten times the median of the updates' norms; null if no update is farther.</param>
/// <param name="Median">The median.</param>
/// <param name="Count">How many updates are farther.</param>
/// <param name="First">The first client whose update is.</param>
public sealed record FindOutliersResult(double? NormLimit, double Median, int Count, string? First);

/// <summary>Asks for the global parameters to be judged on the central test set.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Dataset">The data set's manifest.</param>
/// <param name="Global">The parameters.</param>
/// <param name="OnMadeUpImages">
/// Whether a few made-up images stand for the test set: there are then no metrics, and it only matters that they can be evaluated at all.
/// </param>
public sealed record EvaluateGlobalInput(
    ArtifactReference Spec, ArtifactReference Dataset, ArtifactReference Global, bool OnMadeUpImages = false);

/// <summary>What the global parameters are worth.</summary>
/// <param name="Metrics">Their metrics on the central test set; null if they can't be evaluated, or if nobody asked.</param>
/// <param name="Unusable">Why they can't be evaluated, for a person; null if they can.</param>
/// <param name="Doubtful">Why they are hardly of use though they can (<see cref="Divergence"/>); null if there is no doubt.</param>
public sealed record EvaluateGlobalResult(Metrics? Metrics, string? Unusable = null, string? Doubtful = null);

/// <summary>Asks for a round to be recorded.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Round">The round; 0 is the state before training.</param>
/// <param name="Global">The global parameters after it, which get their final name now.</param>
/// <param name="Central">Their metrics on the central test set; null when that was not asked for.</param>
/// <param name="Fit">The <see cref="PartOutcomes"/> of all updates; null in round 0.</param>
/// <param name="Evaluate">The <see cref="PartOutcomes"/> of all evaluations; null when there were none.</param>
/// <param name="Seconds">How long the round took.</param>
/// <param name="Before">What was measured in the round before; null in round 0.</param>
/// <param name="SentBack">Why an earlier attempt at the round was sent back; null if none was.</param>
/// <param name="StrategyState">What the strategy keeps of it, which gets its final name now; null if that is nothing.</param>
/// <param name="Doubtful">Why the server doubts the parameters that are recorded all the same; null if it doesn't.</param>
/// <param name="BestBefore">The <see cref="RoundRecord.Best"/> of the round before; null in round 0, or where nobody looks.</param>
/// <param name="Retries">How often the federation was retried, in the round that it was last retried in; null in any other.</param>
public sealed record RecordRoundInput(
    ArtifactReference Spec, int Round, ArtifactReference Global, Metrics? Central, ArtifactReference? Fit, ArtifactReference? Evaluate,
    double Seconds, RoundMetrics? Before = null, string? SentBack = null, ArtifactReference? StrategyState = null, string? Doubtful = null,
    IReadOnlyList<BestRound>? BestBefore = null, int? Retries = null);

/// <summary>A recorded round, in brief.</summary>
/// <param name="Global">The global parameters after the round, under their final name.</param>
/// <param name="Fit">The clients' mean metrics while training.</param>
/// <param name="Evaluate">The clients' mean metrics on the new global parameters.</param>
/// <param name="Events">The record's <see cref="RoundRecord.Events"/>.</param>
/// <param name="StrategyState">What the strategy keeps of it, under its final name.</param>
/// <param name="Best">The record's <see cref="RoundRecord.Best"/>.</param>
/// <param name="Stopped">The record's <see cref="RoundRecord.Stopped"/>.</param>
public sealed record RecordRoundResult(
    ArtifactReference Global, Metrics? Fit, Metrics? Evaluate, IReadOnlyList<string>? Events = null,
    ArtifactReference? StrategyState = null, IReadOnlyList<BestRound>? Best = null, string? Stopped = null);

/// <summary>Asks for the last recorded round.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Round">The first round that is asked for.</param>
public sealed record FindRoundInput(ArtifactReference Spec, int Round);

/// <summary>Which it is.</summary>
/// <param name="Recorded">The round as it is recorded; null if neither the first nor one after it is.</param>
public sealed record FindRoundResult(RecordedRound? Recorded);

/// <summary>Asks for what a recorded round no longer needs to be deleted.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Round">The recorded round.</param>
/// <param name="Best">The best rounds so far; null where nobody looks.</param>
/// <param name="BestBefore">Those before that round.</param>
public sealed record CleanUpRoundInput(
    ArtifactReference Spec, int Round, IReadOnlyList<BestRound>? Best = null, IReadOnlyList<BestRound>? BestBefore = null);

/// <summary>Asks for a federation's result to be written.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="LastRound">The last recorded round; −1 if not even the initial state was.</param>
/// <param name="Global">The global parameters after it.</param>
/// <param name="Failure">Why the federation failed; null when it is done.</param>
/// <param name="FailedUpdates">The <see cref="PartOutcomes"/> of the attempt that failed for want of updates; null otherwise.</param>
/// <param name="Retries">How often the federation was retried after it had failed; null for never.</param>
/// <param name="StartedAt">When the federation was asked for, for traces; null if an older build started it.</param>
public sealed record CompleteFederationInput(
    ArtifactReference Spec, int LastRound, ArtifactReference? Global, string? Failure, ArtifactReference? FailedUpdates = null, int? Retries = null,
    DateTimeOffset? StartedAt = null);
