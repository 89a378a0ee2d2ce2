using System.Globalization;
using System.Text.RegularExpressions;
using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>
/// Tells how far the round is that a federation is at. The step is the round's custom status, and the clients' results are in the store: nothing is written
/// for it, so what is told is true, and costs only whoever asks.
/// </summary>
/// <param name="store">The federations' artifacts.</param>
/// <param name="list">Lists instances, as <see cref="IOrchestrationClient.GetInstancesAsync"/> does.</param>
public sealed partial class RoundWatch(IArtifactStore store, Func<OrchestrationQuery, CancellationToken, Task<OrchestrationPage>> list)
{
    private const int MostCohorts = 256;
    private const int MostNames = 10;
    private const int ConcurrentReads = 16;

    /// <summary>The round that is in progress; null while there is none, as between two rounds.</summary>
    /// <exception cref="ArtifactStoreException">The store can't be read.</exception>
    public async Task<RoundInProgress?> FindAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        var query = new OrchestrationQuery(
            [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended], $"{spec.Id}:", Orchestrations.Round.Name);
        var attempt = (await list(query, cancellationToken)).Instances.MaxBy(instance => instance.CreatedAt);
        if (attempt?.ReadCustomStatusAs<RoundProgress>() is not { } progress || AttemptName().Match(attempt.InstanceId) is not { Success: true } name)
            return null;
        var (round, number) = (Number(name, "round"), Number(name, "attempt"));
        var clients = PhaseOf(progress.Step) is { } phase ? await CountAsync(spec, round, number, phase, cancellationToken) : null;
        return new RoundInProgress
        {
            Round = round,
            Attempt = number,
            Step = clients is { Outstanding: 0, Selected: > 0 } && progress.Step == RoundProgress.Training ? RoundProgress.Aggregating : progress.Step,
            Since = progress.Since,
            Deadline = progress.Deadline,
            Clients = clients,
        };
    }

    private async Task<ClientsInProgress?> CountAsync(ResolvedSpec spec, int round, int attempt, RoundPhase phase, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(ArtifactNames.Selection(spec.Id, round), cancellationToken) is not { } selection)
            return null;
        try
        {
            var selected = (await store.ReadJsonAsync<Selection>(selection, cancellationToken)).Of(phase).Count;
            var cohorts = Leaves(new SelectionRange(0, selected)).SelectMany(leaf => SelectionTree.Cohorts(leaf, spec.Spec.CohortSize)).Take(MostCohorts + 1).ToList();
            var byCohort = cohorts.Count <= MostCohorts;
            var parts = byCohort ? cohorts : [.. SelectionTree.Subtrees(new SelectionRange(0, selected))];
            var outcomes = new PartOutcomes?[parts.Count];
            await Parallel.ForAsync(
                0, parts.Count, new ParallelOptions { MaxDegreeOfParallelism = ConcurrentReads, CancellationToken = cancellationToken },
                async (index, cancel) => outcomes[index] = await store.FindJsonAsync<PartOutcomes>(
                    byCohort
                        ? ArtifactNames.Cohort(spec.Id, round, attempt, phase, parts[index].First)
                        : ArtifactNames.Subtree(spec.Id, round, attempt, phase, parts[index]),
                    cancel));
            return await SumAsync(selection, phase, selected, parts, outcomes, byCohort, cancellationToken);
        }
        catch (ArtifactMissingException)
        {
            return null; // the round is recorded in the meantime, and its updates deleted
        }
    }

    private async Task<ClientsInProgress> SumAsync(
        ArtifactReference selection, RoundPhase phase, int selected, List<SelectionRange> parts, PartOutcomes?[] outcomes, bool namesClients,
        CancellationToken cancellationToken)
    {
        var totals = outcomes.OfType<PartOutcomes>().Select(Outcomes.Totals).Aggregate(new OutcomeTotals(0, 0, 0, null), Outcomes.Add);
        var failures = outcomes.OfType<PartOutcomes>().SelectMany(part => part.Clients).Select(one => one.Failure).OfType<ClientFailure>().Take(MostNames).ToList();
        if (failures.Count == 0 && totals.FirstFailure is { } first)
            failures.Add(first);
        var waitingFor = new List<string>();
        for (var index = 0; namesClients && index < parts.Count && waitingFor.Count < MostNames; index++)
        {
            if (outcomes[index] is null)
                waitingFor.AddRange((await store.ReadSelectedAsync(selection, phase, parts[index], cancellationToken)).Select(one => one.Client));
        }

        return new ClientsInProgress(
            selected, totals.Succeeded, totals.Failed, selected - totals.Succeeded - totals.Failed, failures, [.. waitingFor.Take(MostNames)]);
    }

    private static IEnumerable<SelectionRange> Leaves(SelectionRange range) =>
        SelectionTree.IsLeaf(range) ? [range] : SelectionTree.Subtrees(range).SelectMany(Leaves);

    private static RoundPhase? PhaseOf(string step) => step switch
    {
        RoundProgress.Training => RoundPhase.Fit,
        RoundProgress.Evaluating => RoundPhase.Evaluate,
        _ => null,
    };

    private static int Number(Match name, string group) => int.Parse(name.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@":.*-round-(?<round>[0-9]{1,7})-(?<attempt>[0-9]{1,7})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex AttemptName();
}
