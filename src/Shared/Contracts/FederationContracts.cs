using System.Text.Json.Serialization;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Contracts;

/// <summary>What an orchestrator must know of the spec, which it can't read.</summary>
/// <param name="Rounds">The number of rounds.</param>
/// <param name="Quorum">A round with fewer updates has failed.</param>
/// <param name="RoundAttempts">How often a round is tried.</param>
/// <param name="CohortSize">Clients an activity; 0 leaves it to each round (<see cref="SelectClientsResult.CohortSize"/>).</param>
/// <param name="CentralEvaluation">Whether the global parameters are evaluated centrally.</param>
/// <param name="Notify">Who is told of the federation's end; null if nobody is.</param>
/// <param name="Placement">Where clients' work is offered; null where the host does it.</param>
public sealed record FederationPlan(
    int Rounds, int Quorum, int RoundAttempts, int CohortSize, bool CentralEvaluation, string? Notify = null, PlacementOptions? Placement = null)
{
    /// <summary>The plan of a spec.</summary>
    public static FederationPlan Of(FederationSpec spec) =>
        new(spec.Rounds, spec.Quorum, spec.RoundAttempts, spec.CohortSize, spec.CentralEvaluation, spec.Notify, spec.PlacementElsewhere());

    /// <summary>The most attempts at a round in one run: one that was sent back is nobody's try, and a client could spend them all.</summary>
    [JsonIgnore]
    public int MostAttempts => RoundAttempts + 1;
}

/// <summary>Where a federation is between two rounds: what one execution hands to the next.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Plan">What of it the orchestrators need.</param>
/// <param name="Last">The last recorded round; null before the first.</param>
/// <param name="StartedAt">
/// When the federation was asked for; null if an older build started it. It travels with the federation, since some engines only know when the
/// newest of its executions began.
/// </param>
/// <param name="Retries">How often the federation was retried after it had failed; null for never.</param>
/// <param name="AttemptsBefore">
/// How many attempts at the next round have their numbers from before the federation was retried; null from the round after that on. The number is
/// part of every name that an attempt gives.
/// </param>
public sealed record FederationState(
    ArtifactReference Spec, FederationPlan Plan, RecordedRound? Last = null, DateTimeOffset? StartedAt = null, int? Retries = null,
    int? AttemptsBefore = null);

/// <summary>How far a federation is.</summary>
/// <param name="Round">The last recorded round; −1 before the first.</param>
/// <param name="Rounds">The number of rounds.</param>
/// <param name="Metrics">What was measured in it.</param>
/// <param name="Doing">
/// What is being done before there is a round, such as <c>downloading 40 %</c>, <c>reading</c> or <c>partitioning</c>; null from then on.
/// </param>
public sealed record FederationProgress(int Round, int Rounds, RoundMetrics? Metrics, string? Doing = null);

/// <summary>An attempt at a round.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Plan">What of it the orchestrators need.</param>
/// <param name="Round">The round, from 1.</param>
/// <param name="Attempt">The attempt, from 1.</param>
/// <param name="Last">The round before, to start from.</param>
/// <param name="SentBack">What became of an attempt before this one whose aggregate was of no use; null if there was none.</param>
/// <param name="Retries">How often the federation was retried, in the round that it was last retried in; null in any other.</param>
public sealed record RoundInput(
    ArtifactReference Spec, FederationPlan Plan, int Round, int Attempt, RecordedRound Last, SentBack? SentBack = null, int? Retries = null);

/// <summary>What is being done of an attempt at a round.</summary>
/// <param name="Step">One of <see cref="Selecting"/>, <see cref="Training"/>, <see cref="Aggregating"/>, <see cref="Evaluating"/> and <see cref="Recording"/>.</param>
/// <param name="Since">When that began, in UTC.</param>
/// <param name="Deadline">When the clients' work is gone on without, in UTC; null without a deadline.</param>
public sealed record RoundProgress(string Step, DateTimeOffset Since, DateTimeOffset? Deadline = null)
{
    /// <summary>Clients are being selected.</summary>
    public const string Selecting = "selecting";

    /// <summary>Clients train.</summary>
    public const string Training = "training";

    /// <summary>Their updates are made the next global parameters.</summary>
    public const string Aggregating = "aggregating";

    /// <summary>The server and clients evaluate those.</summary>
    public const string Evaluating = "evaluating";

    /// <summary>The round is being recorded.</summary>
    public const string Recording = "recording";
}

/// <summary>How an attempt at a round ended: either it is recorded, or there is a failure.</summary>
/// <param name="Recorded">The recorded round.</param>
/// <param name="Failure">Why there is none.</param>
/// <param name="CanBeRetried">Whether another attempt may follow a failure: not once a candidate for the global parameters is accepted.</param>
/// <param name="Updates">The <see cref="PartOutcomes"/> of an attempt that failed for want of updates: who is missing, and why.</param>
/// <param name="SentBack">Set if the aggregate was of no use and another attempt is to leave out what stood out.</param>
public sealed record RoundOutcome(
    RecordedRound? Recorded, string? Failure, bool CanBeRetried = false, ArtifactReference? Updates = null, SentBack? SentBack = null);

/// <summary>
/// An attempt at a round whose aggregate was not finite or could not be evaluated, and in which some updates stood out. The next attempt
/// refuses those.
/// </summary>
/// <param name="NormLimit">How far from the global parameters an update may be.</param>
/// <param name="Reason">What was wrong and what stood out, for a person.</param>
public sealed record SentBack(double NormLimit, string Reason);

/// <summary>Part of a round's selection, to be trained or evaluated.</summary>
/// <param name="Spec">The federation's <see cref="ResolvedSpec"/>.</param>
/// <param name="Round">The round.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Phase">Train or evaluate.</param>
/// <param name="CohortSize">Clients an activity.</param>
/// <param name="Selection">The round's <see cref="Selection"/>.</param>
/// <param name="Global">The global parameters.</param>
/// <param name="Range">The part.</param>
/// <param name="Needed">How many clients' results are needed of it: it ends with the first so many.</param>
/// <param name="Deadline">When, in UTC, it ends with what has arrived; null waits for what is needed.</param>
/// <param name="NormLimit">An update farther from the global parameters is refused (<see cref="SentBack"/>); null without such a limit.</param>
/// <param name="Placement">Where clients' work is offered; null where the host does it.</param>
public sealed record LeafInput(
    ArtifactReference Spec, int Round, int Attempt, RoundPhase Phase, int CohortSize, ArtifactReference Selection, ArtifactReference Global,
    SelectionRange Range, int Needed, DateTime? Deadline, double? NormLimit = null, PlacementOptions? Placement = null)
{
    /// <summary>Whether the clients of a cohort that fails are tried alone: who asked for no cohorts is to lose nothing by them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TriesAlone { get; init; }
}
