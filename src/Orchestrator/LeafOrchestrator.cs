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
        var cohorts = SelectionTree.Cohorts(input.Range, input.CohortSize).Select(cohort => RunCohortAsync(context, input, cohort)).ToList();
        var ends = await CollectAsync(context, input, cohorts);
        return await context.CallActivityAsync(
            Activities.AggregateLeaf,
            new AggregateLeafInput(
                input.Spec, input.Round, input.Attempt, input.Phase, input.CohortSize, input.Selection, input.Global, input.Range, ends),
            Retries.Server);
    }

    /// <summary>
    /// Waits until enough clients have a result, all cohorts have ended, or the deadline has passed. Who has not arrived by then is
    /// absent, and what has entered is in the history before it is aggregated.
    /// </summary>
    private static async Task<IReadOnlyList<CohortEnd>> CollectAsync(
        IOrchestrationContext context, LeafInput input, List<Task<EndedCohort>> cohorts)
    {
        using var timerCancellation = new CancellationTokenSource();
        var timer = input.Deadline is { } deadline ? context.CreateTimer(deadline, timerCancellation.Token) : null;
        var absence = $"not needed: the first {input.Needed} had arrived";
        var ends = new CohortEnd?[cohorts.Count];
        var waiting = new List<Task<EndedCohort>>(cohorts);
        for (var succeeded = 0; waiting.Count > 0 && succeeded < input.Needed;)
        {
            var first = await Task.WhenAny(timer is null ? waiting : [.. waiting, timer]);
            if (first == timer)
            {
                absence = $"absent at the deadline, {input.Deadline:yyyy-MM-dd HH:mm:ss} UTC";
                break;
            }

            var arrived = (Task<EndedCohort>)first;
            waiting.Remove(arrived);
            var ended = await arrived;
            ends[cohorts.IndexOf(arrived)] = ended.End;
            succeeded += ended.Succeeded;
        }

        timerCancellation.Cancel();
        return [.. ends.Select(end => end ?? new CohortEnd(Manifest: null, absence))];
    }

    private static async Task<EndedCohort> RunCohortAsync(IOrchestrationContext context, LeafInput input, SelectionRange cohort)
    {
        var activity = input.Phase == RoundPhase.Fit ? Activities.TrainClient : Activities.EvaluateClient;
        var cohortInput = new CohortInput(
            input.Spec, input.Round, input.Attempt, input.Selection, input.Global, cohort.First, cohort.Count, input.Deadline);
        try
        {
            var result = await context.CallActivityAsync(activity, cohortInput, Retries.Client);
            return new EndedCohort(new CohortEnd(result.Manifest, Failure: null), result.Succeeded);
        }
        catch (TaskFailedException exception)
        {
            return new EndedCohort(new CohortEnd(Manifest: null, Reasons.Shorten(exception.Reason, CohortEnd.MaxFailureBytes)), Succeeded: 0);
        }
    }

    private static async Task<SubtreeResult> RunSubtreeAsync(IOrchestrationContext context, LeafInput input)
    {
        var ranges = SelectionTree.Subtrees(input.Range).ToList();
        var shares = SelectionTree.Shares(ranges, input.Needed);
        var subtrees = await Task.WhenAll(ranges.Zip(shares).Select(part => context.CallSubOrchestratorAsync(
            Orchestrations.Leaf, input with { Range = part.First, Needed = part.Second }, ChildId(context, input.Phase, part.First))));
        return await context.CallActivityAsync(
            Activities.MergeSubtrees,
            new MergeSubtreesInput(
                input.Spec, input.Round, input.Attempt, input.Phase, input.Range, [.. subtrees.Select(subtree => subtree.Manifest)]),
            Retries.Server);
    }

    private static string ChildId(IOrchestrationContext context, RoundPhase phase, SelectionRange range) =>
        $"{context.InstanceId}:{(phase == RoundPhase.Fit ? "fit" : "evaluate")}-{range.First}-{range.Count}";

    private sealed record EndedCohort(CohortEnd End, int Succeeded);
}
