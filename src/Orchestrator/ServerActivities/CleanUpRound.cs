using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>Deletes a recorded round's updates: what they were for is done.</summary>
internal sealed class CleanUpRound(IArtifactStore store) : IActivity<CleanUpRoundInput, bool>
{
    public async Task<bool> RunAsync(CleanUpRoundInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);
        await store.DeleteAsync(ArtifactNames.Updates(spec.Id, input.Round), cancellationToken);
        return true;
    }
}
