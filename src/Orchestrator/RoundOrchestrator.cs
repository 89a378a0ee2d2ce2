using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>
/// One attempt at one round: select, train, aggregate, evaluate, record. Until the updates are in, a failure is a failed attempt, and
/// another may follow. An aggregate that is not finite, can't be evaluated, or is doubtful, is sent back if some updates stand out: another
/// attempt leaves them out. Once it is being recorded there is only forward: what entered the round is decided, and no later attempt may differ.
/// </summary>
internal sealed class RoundOrchestrator : IOrchestrator<RoundInput, RoundOutcome>
{
    private const string Diverged = "the training has diverged; a smaller learningRate may help";

    public async Task<RoundOutcome> RunAsync(IOrchestrationContext context, RoundInput input)
    {
        var started = context.CurrentUtcDateTime;
        Tell(context, RoundProgress.Selecting);
        SelectClientsResult selected;
        PartResult updates;
        try
        {
            selected = await context.CallActivityAsync(
                Activities.SelectClients, new SelectClientsInput(input.Spec, input.Last.Dataset, input.Round), Retries.Indispensable);
            var training = Part(context, input, RoundPhase.Fit, selected, input.Last.Global, selected.Fit, selected.Needed);
            Tell(context, RoundProgress.Training, training.Deadline);
            updates = await LeafOrchestrator.RunPartAsync(context, training);
        }
        catch (TaskFailedException exception)
        {
            return RoundOutcome.Failed(exception.Message, canBeRetried: true);
        }

        if (updates.Succeeded < input.Plan.Quorum)
        {
            return RoundOutcome.Failed(
                $"{updates.Succeeded} good updates of {selected.Fit} clients, the quorum is {input.Plan.Quorum}{Because(updates.FirstFailure)}",
                canBeRetried: true, updates.Manifest);
        }

        var isDecided = false;
        try
        {
            var aggregate = await JudgeAsync(context, input, selected, updates.Manifest);
            if (await SendBackAsync(context, input, updates, aggregate) is { } sentBack)
                return sentBack;
            isDecided = true;
            return new RoundOutcome(await RecordAsync(context, input, updates.Manifest, aggregate, started), Failure: null);
        }
        catch (TaskFailedException exception)
        {
            return RoundOutcome.Failed(exception.Message, canBeRetried: !isDecided);
        }
    }

    /// <summary>Aggregates the updates, and lets the server and clients judge what comes of it.</summary>
    private static async Task<Aggregate> JudgeAsync(
        IOrchestrationContext context, RoundInput input, SelectClientsResult selected, ArtifactReference updates)
    {
        Tell(context, RoundProgress.Aggregating);
        var aggregated = await context.CallActivityAsync(
            Activities.AggregateUpdates,
            new AggregateUpdatesInput(input.Spec, input.Round, input.Attempt, input.Last.Global, updates, input.Last.StrategyState), Retries.Indispensable);
        if (aggregated.Candidate is not { } candidate)
            return new Aggregate(Candidate: null, StrategyState: null, Central: null, Evaluations: null, aggregated.Unusable, Doubtful: null);

        var evaluating = Part(context, input, RoundPhase.Evaluate, selected, candidate, selected.Evaluate, selected.Evaluate);
        Tell(context, RoundProgress.Evaluating, selected.Evaluate > 0 ? evaluating.Deadline : null);
        var centralTask = context.CallActivityAsync(
            Activities.EvaluateGlobal,
            new EvaluateGlobalInput(input.Spec, input.Last.Dataset, candidate, OnMadeUpImages: !input.Plan.CentralEvaluation), Retries.Indispensable);
        var evaluationsTask = selected.Evaluate > 0
            ? LeafOrchestrator.RunPartAsync(context, evaluating)
            : Task.FromResult<PartResult?>(null)!;
        await Task.WhenAll(centralTask, evaluationsTask);
        var central = await centralTask;
        var evaluations = await evaluationsTask;
        return new Aggregate(
            candidate, aggregated.StrategyState, central, evaluations, central.Unusable, central.Doubtful ?? NotEvaluated(evaluations));
    }

    private static async Task<RecordedRound> RecordAsync(
        IOrchestrationContext context, RoundInput input, ArtifactReference updates, Aggregate aggregate, DateTime started)
    {
        Tell(context, RoundProgress.Recording);
        var recorded = await context.CallActivityAsync(
            Activities.RecordRound,
            new RecordRoundInput(
                input.Spec, input.Round, aggregate.Candidate!, aggregate.Central!.Metrics, updates, aggregate.Evaluations?.Manifest,
                (context.CurrentUtcDateTime - started).TotalSeconds, input.Last.Metrics, input.SentBack?.Reason, aggregate.StrategyState,
                aggregate.Central.Doubtful, input.Last.Best, input.Retries),
            Retries.Indispensable);
        var metrics = new RoundMetrics(recorded.Fit, recorded.Evaluate, aggregate.Central.Metrics);
        return new RecordedRound(
            input.Round, input.Last.Dataset, recorded.Global, metrics, recorded.StrategyState, recorded.Best, input.Last.Best, recorded.Stopped);
    }

    /// <summary>
    /// Where an aggregate is of no use, or doubtful, and some updates stand out, another attempt does without them, once. If none does, all have
    /// gone astray together, and would again: what is of no use ends the federation, what is doubtful is recorded.
    /// </summary>
    /// <returns>Null if it is to be recorded.</returns>
    private static async Task<RoundOutcome?> SendBackAsync(
        IOrchestrationContext context, RoundInput input, PartResult updates, Aggregate aggregate)
    {
        if ((aggregate.Unusable ?? aggregate.Doubtful) is not { } problem)
            return null;
        if (input.SentBack is not null)
            return Failed("also without the updates that stood out");
        var outliers = await context.CallActivityAsync(Activities.FindOutliers, new FindOutliersInput(updates.Manifest), Retries.Indispensable);
        if (outliers.NormLimit is not { } limit)
            return Failed("and no client's update stands out");

        // What can be recorded is not given up for an attempt that can't have its quorum.
        if (aggregate.Unusable is null && updates.Succeeded - outliers.Count < input.Plan.Quorum)
            return null;
        var reason = FormattableString.Invariant(
            $"{problem}; more than ten times as far from the global parameters as the median ({outliers.Median:G4}) are {outliers.Count} updates, the first is {outliers.First}'s");
        return RoundOutcome.Failed(reason, canBeRetried: true, updates.Manifest) with { SentBack = new SentBack(limit, reason) };

        RoundOutcome? Failed(string and) => aggregate.Unusable is null
            ? null
            : RoundOutcome.Failed($"{problem}, {and}: {Diverged}", canBeRetried: false, updates.Manifest);
    }

    private static void Tell(IOrchestrationContext context, string step, DateTime? deadline = null) =>
        context.SetCustomStatus(new RoundProgress(step, Utc(context.CurrentUtcDateTime), deadline is { } due ? Utc(due) : null));

    private static DateTimeOffset Utc(DateTime time) => new(time, TimeSpan.Zero);

    private static string? NotEvaluated(PartResult? evaluations) => evaluations is { Succeeded: 0, Failed: > 0 and var failed }
        ? $"all {failed} evaluations failed{Because(evaluations.FirstFailure)}"
        : null;

    private static LeafInput Part(
        IOrchestrationContext context, RoundInput input, RoundPhase phase, SelectClientsResult selected, ArtifactReference parameters,
        int clients, int needed)
    {
        DateTime? deadline = selected.DeadlineSeconds is { } seconds ? context.CurrentUtcDateTime.AddSeconds(seconds) : null;
        var cohortSize = phase == RoundPhase.Fit ? selected.CohortSize : selected.EvaluateCohortSize;
        return new LeafInput(
            input.Spec, input.Round, input.Attempt, phase, cohortSize ?? Math.Max(input.Plan.CohortSize, 1), selected.Selection, parameters,
            new SelectionRange(0, clients), needed, deadline, phase.HasUpdates ? input.SentBack?.NormLimit : null, input.Plan.Placement)
        {
            TriesAlone = selected.CohortSize is not null,
        };
    }

    private static string Because(ClientFailure? failure) => failure is null ? "" : $"; {failure.Client} in {failure.Activity}: {failure.Reason}";

    /// <summary>What the updates come to.</summary>
    /// <param name="Candidate">The next global parameters; null if they are not finite.</param>
    /// <param name="StrategyState">What the strategy keeps beside them.</param>
    /// <param name="Central">How the server judges them; null without a candidate.</param>
    /// <param name="Evaluations">How the clients do; null if none was asked.</param>
    /// <param name="Unusable">Why they are of no use; null if they can be recorded.</param>
    /// <param name="Doubtful">Why they are hardly of use though they can be recorded; null if there is no doubt.</param>
    private sealed record Aggregate(
        ArtifactReference? Candidate, ArtifactReference? StrategyState, EvaluateGlobalResult? Central, PartResult? Evaluations,
        string? Unusable, string? Doubtful);
}
