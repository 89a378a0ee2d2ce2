using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Data;

/// <summary>The data that a federation with a spec has, for commands that look at it without one.</summary>
internal sealed class FederationData(IArtifactStore store, IDatasetLibrary library, PartitionedDataset partitions, NetworkRegistry networks)
{
    /// <summary>Divides the data set as the federation would, unless that was done before.</summary>
    /// <exception cref="DatasetException">The data can't be used.</exception>
    /// <exception cref="InvalidSpecException">It does not fit the spec.</exception>
    public async Task<DatasetManifest> PrepareAsync(FederationSpec spec, IProgress<DatasetProgress> progress, CancellationToken cancellationToken)
    {
        var dataset = await library.ResolveAsync(DatasetRequest.Of(spec), progress, cancellationToken);
        DatasetFit.Check(spec, networks.Get(spec.Network), dataset);
        var recipe = DatasetRecipe.Of(spec, dataset.Sha256);
        var prepared = await partitions.FindAsync(recipe, cancellationToken)
            ?? await partitions.PrepareAsync(
                await library.OpenAsync(dataset.Sha256, cancellationToken), dataset.Source, recipe, cancellationToken);
        return await partitions.ReadManifestAsync(prepared, cancellationToken);
    }

    /// <summary>The images of one client, or of all of them together in the clients' order.</summary>
    public async Task<ClientExamples> ReadAsync(DatasetManifest manifest, PartitionChoice partition, CancellationToken cancellationToken)
    {
        var parts = new List<ClientExamples>();
        foreach (var client in partition.Of(await store.ReadAllClientsAsync(manifest, cancellationToken)))
            parts.Add(await partitions.ReadClientAsync(client, manifest.Shape, manifest.Classes.Count, cancellationToken));
        return parts is [var only]
            ? only
            : new ClientExamples(Together(manifest, parts.Select(part => part.Train)), Together(manifest, parts.Select(part => part.Validation)));
    }

    /// <summary>The central test set.</summary>
    public Task<ImageExamples> ReadTestAsync(DatasetManifest manifest, CancellationToken cancellationToken) =>
        partitions.ReadTestAsync(manifest, cancellationToken);

    private static ImageExamples Together(DatasetManifest manifest, IEnumerable<ImageExamples> parts)
    {
        var records = new List<ReadOnlyMemory<byte>>(parts.Select(part => part.Records));
        var all = GC.AllocateUninitializedArray<byte>(checked(records.Sum(part => part.Length)));
        var at = 0;
        foreach (var part in records)
        {
            part.CopyTo(all.AsMemory(at));
            at += part.Length;
        }

        return new ImageExamples(all, manifest.Shape, manifest.Classes.Count);
    }
}
