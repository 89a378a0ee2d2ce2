using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// Deletes what nobody needs once a round is recorded: its updates, the parts of its selection, whose clients the record names, and the
/// parameters, with what the strategy and the clients kept beside them, that the spec neither retains nor keeps as the best.
/// </summary>
internal sealed class CleanUpRound(IArtifactStore store) : IActivity<CleanUpRoundInput, bool>
{
    public async Task<bool> RunAsync(CleanUpRoundInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(input.Spec, cancellationToken);
        await store.DeleteAsync(ArtifactNames.Updates(spec.Id, input.Round), cancellationToken);
        await store.DeleteAsync(ArtifactNames.SelectionParts(spec.Id, input.Round), cancellationToken);
        if (spec.Spec.Selection.Name != FederationSpec.UsualSelection)
            await store.DeleteAsync(ArtifactNames.Speeds(spec.Id, input.Round - 1), cancellationToken);
        if (!RetentionPolicy.TryParse(spec.Spec.Retention, out var retention))
            return true;
        var (best, before) = (Best(input.Best), Best(input.BestBefore));
        foreach (var superseded in ((int?[])[retention.SupersededBy(input.Round), before]).OfType<int>().Distinct().Where(round => !IsKept(round)))
        {
            await store.DeleteAsync(ArtifactNames.GlobalParameters(spec.Id, superseded), cancellationToken);
            await store.DeleteAsync(ArtifactNames.StrategyState(spec.Id, superseded), cancellationToken);
            await DropStatesAsync(spec, superseded, input.Round, IsKept, cancellationToken);
        }

        return true;

        bool IsKept(int round) => round == best || retention.Keeps(round, input.Round);

        int? Best(IReadOnlyList<BestRound>? rounds) => rounds?.FirstOrDefault(one => one.Metric == spec.Spec.KeepBest)?.Round;
    }

    /// <summary>What clients kept goes with the last round that it is of.</summary>
    private Task DropStatesAsync(ResolvedSpec spec, int superseded, int recorded, Func<int, bool> isKept, CancellationToken cancellationToken)
    {
        var (before, after) = (superseded - 1, superseded + 1);
        while (before >= 0 && !isKept(before))
            before--;
        while (after < recorded && !isKept(after))
            after++;
        return new KeptStates(store, spec).DropAsync(superseded, before < 0 ? null : before, after, cancellationToken);
    }
}
