using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator;

/// <summary>
/// One attempt at one round: select, train, aggregate, evaluate, record. Until the updates are in, a failure is a failed attempt, and
/// another may follow. An aggregate that is not finite, or can't be evaluated, is sent back: another attempt leaves out the updates that
/// stood out. Once it is being recorded there is only forward: what entered the round is decided, and no later attempt may differ.
/// </summary>
internal sealed class RoundOrchestrator : IOrchestrator<RoundInput, RoundOutcome>
{
    private const string Diverged = "the training has diverged; a smaller learningRate may help";

    public async Task<RoundOutcome> RunAsync(IOrchestrationContext context, RoundInput input)
    {
        var started = context.CurrentUtcDateTime;
        SelectClientsResult selected;
        SubtreeResult updates;
        try
        {
            selected = await context.CallActivityAsync(
                Activities.SelectClients, new SelectClientsInput(input.Spec, input.Last.Dataset, input.Round), Retries.Server);
            updates = await LeafOrchestrator.RunPartAsync(
                context, Part(context, input, RoundPhase.Fit, selected, input.Last.Global, selected.Fit, selected.Needed));
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
            if (aggregate.Unusable is { } unusable)
                return await SendBackAsync(context, input, updates.Manifest, unusable);
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
        var aggregated = await context.CallActivityAsync(
            Activities.AggregateUpdates,
            new AggregateUpdatesInput(input.Spec, input.Round, input.Attempt, input.Last.Global, updates, input.Last.StrategyState), Retries.Server);
        if (aggregated.Candidate is not { } candidate)
            return new Aggregate(Candidate: null, StrategyState: null, Central: null, Evaluations: null, aggregated.Unusable);

        var centralTask = context.CallActivityAsync(
            Activities.EvaluateGlobal,
            new EvaluateGlobalInput(input.Spec, input.Last.Dataset, candidate, OnlyWhether: !input.Plan.CentralEvaluation), Retries.Server);
        var evaluationsTask = selected.Evaluate > 0
            ? LeafOrchestrator.RunPartAsync(
                context, Part(context, input, RoundPhase.Evaluate, selected, candidate, selected.Evaluate, selected.Evaluate))
            : Task.FromResult<SubtreeResult?>(null)!;
        await Task.WhenAll(centralTask, evaluationsTask);
        var central = await centralTask;
        return new Aggregate(candidate, aggregated.StrategyState, central.Metrics, (await evaluationsTask)?.Manifest, central.Unusable);
    }

    private static async Task<RecordedRound> RecordAsync(
        IOrchestrationContext context, RoundInput input, ArtifactReference updates, Aggregate aggregate, DateTime started)
    {
        var recorded = await context.CallActivityAsync(
            Activities.RecordRound,
            new RecordRoundInput(
                input.Spec, input.Round, aggregate.Candidate!, aggregate.Central, updates, aggregate.Evaluations,
                (context.CurrentUtcDateTime - started).TotalSeconds, input.Last.Metrics, input.SentBack?.Reason, aggregate.StrategyState),
            Retries.Server);
        var metrics = new RoundMetrics(recorded.Fit, recorded.Evaluate, aggregate.Central);
        return new RecordedRound(input.Round, input.Last.Dataset, recorded.Global, metrics, recorded.StrategyState);
    }

    /// <summary>
    /// An aggregate is of no use. If some updates stand out, another attempt does without them, once; if none does, all have gone astray
    /// together, and would again.
    /// </summary>
    private static async Task<RoundOutcome> SendBackAsync(
        IOrchestrationContext context, RoundInput input, ArtifactReference updates, string unusable)
    {
        if (input.SentBack is not null)
            return RoundOutcome.Failed($"{unusable}, also without the updates that stood out: {Diverged}", canBeRetried: false, updates);
        var outliers = await context.CallActivityAsync(Activities.FindOutliers, new FindOutliersInput(updates), Retries.Server);
        if (outliers.NormLimit is not { } limit)
            return RoundOutcome.Failed($"{unusable}, and no client's update stands out: {Diverged}", canBeRetried: false, updates);
        var reason = FormattableString.Invariant(
            $"{unusable}; more than ten times as far from the global parameters as the median ({outliers.Median:G4}) are {outliers.Count} updates, the first is {outliers.First}'s");
        return RoundOutcome.Failed(reason, canBeRetried: true, updates) with { SentBack = new SentBack(limit, reason) };
    }

    private static LeafInput Part(
        IOrchestrationContext context, RoundInput input, RoundPhase phase, SelectClientsResult selected, ArtifactReference parameters,
        int clients, int needed)
    {
        DateTime? deadline = selected.DeadlineSeconds is { } seconds ? context.CurrentUtcDateTime.AddSeconds(seconds) : null;
        return new LeafInput(
            input.Spec, input.Round, input.Attempt, phase, input.Plan.CohortSize, selected.Selection, parameters,
            new SelectionRange(0, clients), needed, deadline, phase == RoundPhase.Fit ? input.SentBack?.NormLimit : null);
    }

    private static string Because(ClientFailure? failure) => failure is null ? "" : $"; {failure.Client} in {failure.Activity}: {failure.Reason}";

    /// <summary>What the updates come to.</summary>
    /// <param name="Candidate">The next global parameters; null if they are not finite.</param>
    /// <param name="StrategyState">What the strategy keeps beside them.</param>
    /// <param name="Central">Their metrics on the central test set.</param>
    /// <param name="Evaluations">The <see cref="CohortManifest"/> of the clients' evaluations.</param>
    /// <param name="Unusable">Why they are of no use; null if they can be recorded.</param>
    private sealed record Aggregate(
        ArtifactReference? Candidate, ArtifactReference? StrategyState, Metrics? Central, ArtifactReference? Evaluations, string? Unusable);
}
