using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Data;

/// <summary>Tells which data set was found, before anything is done with it.</summary>
internal sealed class AnnouncedDatasets(IDatasetLibrary library, Action<ResolvedDataset> announce) : IDatasetLibrary
{
    public async Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var resolved = await library.ResolveAsync(request, progress, cancellationToken);
        announce(resolved);
        return resolved;
    }

    public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) =>
        library.OpenAsync(sourceSha256, cancellationToken);

    public Task<ImageDataset> PeekAsync(string sourceSha256, CancellationToken cancellationToken) =>
        library.PeekAsync(sourceSha256, cancellationToken);
}

/// <summary>Adds <see cref="AnnouncedDatasets"/>.</summary>
internal static class DatasetAnnouncement
{
    /// <summary>Has the library that was added before tell what it finds.</summary>
    public static IServiceCollection AnnounceDatasets(this IServiceCollection services, Action<ResolvedDataset> announce) =>
        services.Decorate<IDatasetLibrary>(library => new AnnouncedDatasets(library, announce));
}
