using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests.Support;

/// <summary>Something that is done to data once it was accepted: before it is read, or at the first sign that it is.</summary>
internal sealed class SwappedData(IDatasetLibrary library, bool isRead, Action swap) : IDatasetLibrary
{
    private int swapped;

    public static void Over(IServiceCollection services, bool isRead, Action swap)
    {
        var library = services.Last(service => service.ServiceType == typeof(IDatasetLibrary));
        services.AddSingleton<IDatasetLibrary>(provider => new SwappedData((IDatasetLibrary)library.ImplementationFactory!(provider), isRead, swap));
    }

    public Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        if (!isRead)
            SwapOnce();
        return library.ResolveAsync(request, new AtFirst(SwapOnce), cancellationToken);
    }

    public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => library.OpenAsync(sourceSha256, cancellationToken);

    private void SwapOnce()
    {
        if (Interlocked.Exchange(ref swapped, 1) == 0)
            swap();
    }

    private sealed class AtFirst(Action swap) : IProgress<DatasetProgress>
    {
        public void Report(DatasetProgress value) => swap();
    }
}
