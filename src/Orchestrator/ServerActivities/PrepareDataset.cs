using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>Divides the data set among the clients, unless another federation with the same recipe has had that done.</summary>
internal sealed class PrepareDataset(IArtifactStore store, IDatasetLibrary library, PartitionedDataset partitions)
    : IActivity<FederationInput, ArtifactReference>
{
    public async Task<ArtifactReference> RunAsync(FederationInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);
        if (await store.FindAsync(ArtifactNames.DatasetManifest(spec.Dataset.Digest), cancellationToken) is { } prepared)
            return prepared;
        var dataset = await OpenAsync(spec, cancellationToken);
        var recipe = DatasetRecipe.Of(spec.Spec, spec.Dataset.SourceSha256);
        return await partitions.PrepareAsync(dataset, spec.Dataset.Source, recipe, cancellationToken);
    }

    private async Task<ImageDataset> OpenAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            return await library.OpenAsync(spec.Dataset.SourceSha256, cancellationToken);
        }
        catch (DatasetException)
        {
            // The federation was launched on another machine: what its spec names may be had here too.
            if ((await library.ResolveAsync(DatasetRequest.Of(spec.Spec), progress: null, cancellationToken)).Sha256 != spec.Dataset.SourceSha256)
                throw;
            return await library.OpenAsync(spec.Dataset.SourceSha256, cancellationToken);
        }
    }
}
