using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Library;

/// <summary>Has those who want the same data at the same time wait for one load of it, and share what it gives.</summary>
/// <param name="library">Loads it.</param>
public sealed class SharedDatasetLibrary(IDatasetLibrary library) : IDatasetLibrary
{
    private readonly SharedLoads<DatasetRequest, ResolvedDataset> resolved = new();
    private readonly SharedLoads<string, ImageDataset> opened = new();

    /// <inheritdoc/>
    public Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        resolved.GetAsync(request, (all, cancel) => library.ResolveAsync(request, all, cancel), progress, cancellationToken);

    /// <inheritdoc/>
    public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) =>
        opened.GetAsync(sourceSha256, (_, cancel) => library.OpenAsync(sourceSha256, cancel), progress: null, cancellationToken);

    /// <inheritdoc/>
    public Task<ImageDataset> PeekAsync(string sourceSha256, CancellationToken cancellationToken) => library.PeekAsync(sourceSha256, cancellationToken);
}
