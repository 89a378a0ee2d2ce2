using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>Makes one subtree of up to 64: their clients and their sums, in order.</summary>
internal sealed class MergeSubtrees(IArtifactStore store, NetworkRegistry networks) : IActivity<MergeSubtreesInput, SubtreeResult>
{
    public async Task<SubtreeResult> RunAsync(MergeSubtreesInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);
        UpdateSum? sum = null;
        var clients = new List<ClientOutcome>(input.Range.Count);
        foreach (var subtree in input.Subtrees)
        {
            var part = await store.ReadJsonAsync<CohortManifest>(subtree, cancellationToken);
            clients.AddRange(part.Clients);
            if (part.Sum is null)
                continue;
            sum ??= new UpdateSum(networks.Get(spec.Spec.Network).Layout);
            sum.Add(await store.ReadAsync(part.Sum, cancellationToken));
        }

        var sumReference = sum is null
            ? null
            : await store.PutAsync(
                ArtifactNames.PartialSum(spec.Id, input.Round, input.Attempt, input.Range), sum.ToSafetensors(), cancellationToken);
        var manifest = await store.PutJsonAsync(
            ArtifactNames.Subtree(spec.Id, input.Round, input.Attempt, input.Phase, input.Range),
            new CohortManifest(clients, sumReference),
            cancellationToken);
        return Subtrees.Summarize(manifest, clients);
    }
}
