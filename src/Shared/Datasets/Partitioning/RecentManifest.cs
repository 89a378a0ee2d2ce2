using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>The data set's manifest that was read last: of many clients it takes longer to read than a small round does. It is what its reference says, and can't go stale.</summary>
/// <param name="store">Where manifests are.</param>
public sealed class RecentManifest(IArtifactStore store)
{
    // About ten thousand clients. As objects it takes some times as much, for as long as this process lives.
    private const long MostBytes = 4 << 20;

    private volatile Known? last;

    /// <summary>A data set's manifest.</summary>
    /// <exception cref="ArtifactCorruptException">It is no manifest, or not what the reference says.</exception>
    /// <exception cref="ArtifactStoreException">It can't be read.</exception>
    public async Task<DatasetManifest> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        if (last is { } known && known.Reference == reference)
            return known.Manifest;
        var manifest = await store.ReadJsonAsync<DatasetManifest>(reference, cancellationToken);
        if (reference.Length <= MostBytes)
            last = new Known(reference, manifest);
        return manifest;
    }

    private sealed record Known(ArtifactReference Reference, DatasetManifest Manifest);
}
