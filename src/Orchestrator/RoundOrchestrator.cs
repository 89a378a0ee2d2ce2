using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator;

/// <summary>
/// One attempt at one round: select, train, aggregate, evaluate, record. Until the updates are in, a failure is a failed attempt, and
/// another may follow. From the aggregation on there is only forward: what entered the round is decided, and no later attempt may differ.
/// </summary>
internal sealed class RoundOrchestrator : IOrchestrator<RoundInput, RoundOutcome>
{
    public async Task<RoundOutcome> RunAsync(IOrchestrationContext context, RoundInput input)
    {
        var started = context.CurrentUtcDateTime;
        SelectClientsResult selected;
        SubtreeResult updates;
        try
        {
            selected = await context.CallActivityAsync(
                Activities.SelectClients, new SelectClientsInput(input.Spec, input.Dataset, input.Round), Retries.Server);
            updates = await LeafOrchestrator.RunPartAsync(
                context, Part(context, input, RoundPhase.Fit, selected, input.Global, selected.Fit, selected.Needed));
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

        try
        {
            return new RoundOutcome(await FinishAsync(context, input, selected, updates.Manifest, started), Failure: null);
        }
        catch (TaskFailedException exception)
        {
            return RoundOutcome.Failed(exception.Message, canBeRetried: false);
        }
    }

    private static async Task<RecordedRound> FinishAsync(
        IOrchestrationContext context, RoundInput input, SelectClientsResult selected, ArtifactReference updates, DateTime started)
    {
        var global = await context.CallActivityAsync(
            Activities.AggregateUpdates, new AggregateUpdatesInput(input.Spec, input.Round, input.Global, updates), Retries.Server);

        var centralTask = input.Plan.CentralEvaluation
            ? context.CallActivityAsync(Activities.EvaluateGlobal, new EvaluateGlobalInput(input.Spec, input.Dataset, global), Retries.Server)
            : Task.FromResult<Metrics?>(null)!;
        var evaluationsTask = selected.Evaluate > 0
            ? LeafOrchestrator.RunPartAsync(
                context, Part(context, input, RoundPhase.Evaluate, selected, global, selected.Evaluate, selected.Evaluate))
            : Task.FromResult<SubtreeResult?>(null)!;
        await Task.WhenAll(centralTask, evaluationsTask);
        var central = await centralTask;
        var evaluations = await evaluationsTask;

        var recorded = await context.CallActivityAsync(
            Activities.RecordRound,
            new RecordRoundInput(
                input.Spec, input.Round, global, central, updates, evaluations?.Manifest, (context.CurrentUtcDateTime - started).TotalSeconds),
            Retries.Server);
        return new RecordedRound(input.Round, input.Dataset, global, new RoundMetrics(recorded.Fit, recorded.Evaluate, central));
    }

    private static LeafInput Part(
        IOrchestrationContext context, RoundInput input, RoundPhase phase, SelectClientsResult selected, ArtifactReference parameters,
        int clients, int needed)
    {
        DateTime? deadline = selected.DeadlineSeconds is { } seconds ? context.CurrentUtcDateTime.AddSeconds(seconds) : null;
        return new LeafInput(
            input.Spec, input.Round, input.Attempt, phase, input.Plan.CohortSize, selected.Selection, parameters, new SelectionRange(0, clients),
            needed, deadline);
    }

    private static string Because(ClientFailure? failure) => failure is null ? "" : $"; {failure.Client} in {failure.Activity}: {failure.Reason}";
}
