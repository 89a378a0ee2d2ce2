using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Logging;

namespace FlDurable.Orchestrator;

/// <summary>
/// Part of a round's selection: a leaf, whose cohorts it fans out, or a subtree of leaves, which it hands on and merges. A selection is
/// always cut the same way (<see cref="SelectionTree"/>), so that the bits of the sum do not depend on how work is spread.
/// </summary>
internal sealed partial class LeafOrchestrator : IOrchestrator<LeafInput, PartResult>
{
    public Task<PartResult> RunAsync(IOrchestrationContext context, LeafInput input) => RunPartAsync(context, input);

    /// <summary>What an instance of this orchestrator does; a round of one leaf does it directly.</summary>
    public static Task<PartResult> RunPartAsync(IOrchestrationContext context, LeafInput input) =>
        SelectionTree.IsLeaf(input.Range) ? RunLeafAsync(context, input) : RunSubtreeAsync(context, input);

    private static async Task<PartResult> RunLeafAsync(IOrchestrationContext context, LeafInput input)
    {
        using var nobodyWaits = new CancellationTokenSource();
        var placed = new List<PlacedCohort>();
        var cohorts = SelectionTree.Cohorts(input.Range, input.CohortSize).Select(cohort => RunCohortAsync(context, input, cohort, Place())).ToList();
        var ends = await CollectAsync(context, input, cohorts);
        nobodyWaits.Cancel();
        await WithdrawAsync(context, placed);
        return await context.CallActivityAsync(
            Activities.AggregateLeaf,
            new AggregateLeafInput(
                input.Spec, input.Round, input.Attempt, input.Phase, input.CohortSize, input.Selection, input.Global, input.Range, ends,
                input.NormLimit),
            Retries.Indispensable);

        PlacedCohort? Place()
        {
            if (input.Placement is not { } placement)
                return null;
            placed.Add(new PlacedCohort(context, input, placement, nobodyWaits.Token));
            return placed[^1];
        }
    }

    /// <summary>Work that is still with others, though its part of the round has ended, is nobody's any more.</summary>
    private static async Task WithdrawAsync(IOrchestrationContext context, IReadOnlyList<PlacedCohort> placed)
    {
        List<string> left = [.. placed.Where(cohort => !cohort.IsOver).Select(cohort => cohort.Work).OfType<string>()];
        if (left.Count == 0)
            return;
        try
        {
            await context.CallActivityAsync(WorkActivities.WithdrawWork, new WithdrawWorkInput(left), Retries.Dispensable);
        }
        catch (TaskFailedException)
        {
            // Whoever has it is told so by the host once the round is recorded.
        }
    }

    /// <summary>
    /// Waits until enough clients have a result, all cohorts have ended, or the deadline has passed. Who has not arrived by then is
    /// absent, and what has entered is in the history before it is aggregated.
    /// </summary>
    private static async Task<IReadOnlyList<CohortEnd>> CollectAsync(
        IOrchestrationContext context, LeafInput input, List<Task<(CohortEnd End, int Succeeded)>> cohorts)
    {
        using var timerCancellation = new CancellationTokenSource();
        var timer = input.Deadline is { } deadline ? context.CreateTimer(deadline, timerCancellation.Token) : null;
        var absence = $"not needed: the first {input.Needed} had arrived";
        var ends = new CohortEnd?[cohorts.Count];
        var waiting = new List<Task<(CohortEnd End, int Succeeded)>>(cohorts);
        for (var succeeded = 0; waiting.Count > 0 && succeeded < input.Needed;)
        {
            var first = await Task.WhenAny(timer is null ? waiting : [.. waiting, timer]);
            if (first == timer)
            {
                absence = Absent(input.Deadline);
                break;
            }

            var arrived = (Task<(CohortEnd End, int Succeeded)>)first;
            waiting.Remove(arrived);
            var ended = await arrived;
            ends[cohorts.IndexOf(arrived)] = ended.End;
            succeeded += ended.Succeeded;
        }

        timerCancellation.Cancel();
        return [.. ends.Select(end => end ?? new CohortEnd(Manifest: null, absence))];
    }

    /// <summary>Each client of a cohort that failed, alone: what one of them did to it is that one's failure.</summary>
    private static async Task<(CohortEnd End, int Succeeded)> RunAloneAsync(IOrchestrationContext context, LeafInput input, SelectionRange cohort)
    {
        var ends = await Task.WhenAll(SelectionTree.Cohorts(cohort, cohortSize: 1).Select(client => RunCohortAsync(context, input, client, placed: null, isAlone: true)));
        return (new CohortEnd(Manifest: null, Failure: null, [.. ends.Select(end => end.End)]), ends.Sum(end => end.Succeeded));
    }

    private static async Task<(CohortEnd End, int Succeeded)> RunCohortAsync(
        IOrchestrationContext context, LeafInput input, SelectionRange cohort, PlacedCohort? placed, bool isAlone = false)
    {
        var cohortInput = new CohortInput(
            input.Spec, input.Round, input.Attempt, input.Selection, input.Global, cohort.First, cohort.Count, input.Deadline)
        {
            IsAlone = isAlone,
        };
        try
        {
            // What a client returns goes into the leaf's one message, and its numbers end the waiting for others: neither is believed.
            var result = placed is null
                ? await context.CallActivityAsync(Activities.OfClients(input.Phase), cohortInput, Retries.Dispensable)
                : await RunElsewhereAsync(context, input, cohortInput, placed);
            return OutcomeCheck.FindProblem(result.Manifest, ManifestName(context, input, cohort, isAlone), OutcomeCheck.MaxManifestBytes) is { } reason
                ? (Failed($"the manifest of its cohort is rejected: {reason}"), 0)
                : (new CohortEnd(result.Manifest, Failure: null), Math.Clamp(result.Succeeded, 0, cohort.Count));
        }
        catch (TaskFailedException exception)
        {
            // Work that nobody waits for any more ends by itself, perhaps just before the timer is seen.
            var isLate = input.Deadline is { } deadline && context.CurrentUtcDateTime >= deadline;
            return !isLate && input.TriesAlone && cohort.Count > 1
                ? await RunAloneAsync(context, input, cohort)
                : (Failed(isLate ? Absent(input.Deadline) : exception.Reason), 0);
        }
        catch (WorkNotDoneException exception)
        {
            return (Failed(exception.Message), 0);
        }
    }

    /// <summary>Where no worker has done the work, the host does it if that is wanted.</summary>
    private static async Task<PartResult> RunElsewhereAsync(IOrchestrationContext context, LeafInput input, CohortInput cohort, PlacedCohort placed)
    {
        try
        {
            return await placed.RunAsync(cohort);
        }
        catch (WorkNotDoneException exception) when (input.Placement is { FallsBack: true })
        {
            LogFallsBack(context.CreateReplaySafeLogger(nameof(LeafOrchestrator)), placed.Work, exception.Message);
            return await context.CallActivityAsync(Activities.OfClients(input.Phase), cohort, Retries.Dispensable);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Work {Work} of the pool falls back to this host: {Reason}")]
    private static partial void LogFallsBack(ILogger logger, string? work, string reason);

    private static string Absent(DateTime? deadline) => $"absent at the deadline, {deadline:yyyy-MM-dd HH:mm:ss} UTC";

    private static CohortEnd Failed(string reason) => new(Manifest: null, Reasons.Shorten(reason, CohortEnd.MaxFailureBytes));

    /// <summary>An instance's id begins with its federation's.</summary>
    private static string ManifestName(IOrchestrationContext context, LeafInput input, SelectionRange cohort, bool isAlone) =>
        ArtifactNames.Cohort(context.InstanceId.Split(':')[0], input.Round, input.Attempt, input.Phase, cohort.First, isAlone);

    private static async Task<PartResult> RunSubtreeAsync(IOrchestrationContext context, LeafInput input)
    {
        var ranges = SelectionTree.Subtrees(input.Range).ToList();
        var shares = SelectionTree.Shares(ranges, input.Needed);
        var subtrees = await Task.WhenAll(ranges.Zip(shares).Select(part => context.CallSubOrchestratorAsync(
            Orchestrations.Leaf, input with { Range = part.First, Needed = part.Second }, ChildId(context, input.Phase, part.First))));
        return await context.CallActivityAsync(
            Activities.MergeSubtrees,
            new MergeSubtreesInput(
                input.Spec, input.Round, input.Attempt, input.Phase, input.Range, [.. subtrees.Select(subtree => subtree.Manifest)]),
            Retries.Indispensable);
    }

    /// <summary>A part of a part is named as if it were the round's own, so that ids are not the longer, the more clients there are.</summary>
    private static string ChildId(IOrchestrationContext context, RoundPhase phase, SelectionRange range)
    {
        var round = string.Join(':', context.InstanceId.Split(':')[..2]);
        return $"{round}:{phase.Name}-{range.First}-{range.Count}";
    }
}
