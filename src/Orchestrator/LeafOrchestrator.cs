using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator;

/// <summary>
/// Part of a round's selection: a leaf, whose cohorts it fans out, or a subtree of leaves, which it hands on and merges. A selection is
/// always cut the same way (<see cref="SelectionTree"/>), so that the bits of the sum do not depend on how work is spread.
/// </summary>
internal sealed class LeafOrchestrator : IOrchestrator<LeafInput, SubtreeResult>
{
    public Task<SubtreeResult> RunAsync(IOrchestrationContext context, LeafInput input) => RunPartAsync(context, input);

    /// <summary>What an instance of this orchestrator does; a round of one leaf does it directly.</summary>
    public static Task<SubtreeResult> RunPartAsync(IOrchestrationContext context, LeafInput input) =>
        SelectionTree.IsLeaf(input.Range) ? RunLeafAsync(context, input) : RunSubtreeAsync(context, input);

    private static async Task<SubtreeResult> RunLeafAsync(IOrchestrationContext context, LeafInput input)
    {
        var cohorts = await Task.WhenAll(SelectionTree.Cohorts(input.Range, input.CohortSize).Select(RunCohortAsync));
        return await context.CallActivityAsync(
            Activities.AggregateLeaf,
            new AggregateLeafInput(
                input.Spec, input.Round, input.Attempt, input.Phase, input.CohortSize, input.Selection, input.Range, cohorts),
            Retries.Policy);

        async Task<CohortEnd> RunCohortAsync(SelectionRange cohort)
        {
            var activity = input.Phase == RoundPhase.Fit ? Activities.TrainClient : Activities.EvaluateClient;
            var cohortInput = new CohortInput(
                input.Spec, input.Round, input.Attempt, input.Selection, input.Global, cohort.First, cohort.Count);
            try
            {
                var result = await context.CallActivityAsync(activity, cohortInput, Retries.Policy);
                return new CohortEnd(result.Manifest, Failure: null);
            }
            catch (TaskFailedException exception)
            {
                return new CohortEnd(Manifest: null, Reasons.Shorten(exception.Reason, CohortEnd.MaxFailureBytes));
            }
        }
    }

    private static async Task<SubtreeResult> RunSubtreeAsync(IOrchestrationContext context, LeafInput input)
    {
        var subtrees = await Task.WhenAll(SelectionTree.Subtrees(input.Range).Select(range => context.CallSubOrchestratorAsync(
            Orchestrations.Leaf,
            input with { Range = range },
            instanceId: $"{context.InstanceId}:{(input.Phase == RoundPhase.Fit ? "fit" : "evaluate")}-{range.First}-{range.Count}")));
        return await context.CallActivityAsync(
            Activities.MergeSubtrees,
            new MergeSubtreesInput(
                input.Spec, input.Round, input.Attempt, input.Phase, input.Range, [.. subtrees.Select(subtree => subtree.Manifest)]),
            Retries.Policy);
    }
}
