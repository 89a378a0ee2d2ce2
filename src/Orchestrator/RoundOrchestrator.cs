using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator;

/// <summary>One attempt at one round: select, train, aggregate, evaluate, record.</summary>
internal sealed class RoundOrchestrator : IOrchestrator<RoundInput, RoundOutcome>
{
    public async Task<RoundOutcome> RunAsync(IOrchestrationContext context, RoundInput input)
    {
        var started = context.CurrentUtcDateTime;
        var selected = await context.CallActivityAsync(
            Activities.SelectClients, new SelectClientsInput(input.Spec, input.Dataset, input.Round), Retries.Policy);

        var updates = await LeafOrchestrator.RunPartAsync(context, Part(RoundPhase.Fit, input.Global, selected.Fit, selected.Needed));
        if (updates.Succeeded < input.Plan.Quorum)
        {
            return RoundOutcome.Failed(
                $"{updates.Succeeded} good updates of {selected.Fit} clients, the quorum is {input.Plan.Quorum}{Because(updates.FirstFailure)}");
        }

        var global = await context.CallActivityAsync(
            Activities.AggregateUpdates, new AggregateUpdatesInput(input.Spec, input.Round, input.Global, updates.Manifest), Retries.Policy);

        var centralTask = input.Plan.CentralEvaluation
            ? context.CallActivityAsync(Activities.EvaluateGlobal, new EvaluateGlobalInput(input.Spec, input.Dataset, global), Retries.Policy)
            : Task.FromResult<Metrics?>(null)!;
        var evaluationsTask = selected.Evaluate > 0
            ? LeafOrchestrator.RunPartAsync(context, Part(RoundPhase.Evaluate, global, selected.Evaluate, selected.Evaluate))
            : Task.FromResult<SubtreeResult?>(null)!;
        await Task.WhenAll(centralTask, evaluationsTask);
        var central = await centralTask;
        var evaluations = await evaluationsTask;

        var recorded = await context.CallActivityAsync(
            Activities.RecordRound,
            new RecordRoundInput(
                input.Spec, input.Round, global, central, updates.Manifest, evaluations?.Manifest,
                (context.CurrentUtcDateTime - started).TotalSeconds),
            Retries.Policy);
        await context.CallActivityAsync(Activities.CleanUpRound, new CleanUpRoundInput(input.Spec, input.Round), Retries.Policy);
        var metrics = new RoundMetrics(recorded.Fit, recorded.Evaluate, central);
        return new RoundOutcome(new RecordedRound(input.Round, input.Dataset, global, metrics), Failure: null);

        static string Because(ClientFailure? failure) => failure is null ? "" : $"; {failure.Client} in {failure.Activity}: {failure.Reason}";

        LeafInput Part(RoundPhase phase, ArtifactReference parameters, int clients, int needed) => new(
            input.Spec, input.Round, input.Attempt, phase, input.Plan.CohortSize, selected.Selection, parameters,
            new SelectionRange(0, clients), needed, Deadline());

        DateTime? Deadline() =>
            input.Plan.DeadlineSeconds is { } seconds ? context.CurrentUtcDateTime.AddSeconds(seconds) : null;
    }
}
