using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests.Support;

/// <summary>A machine whose own data, of a spec that names none, is small: no test waits for a download.</summary>
internal sealed class SmallData(IDatasetLibrary library) : IDatasetLibrary
{
    /// <summary>Data that is learnt from in well under a second.</summary>
    public const string Name = "synthetic:train=240,test=40";

    public static void Configure(IServiceCollection services)
    {
        var library = services.Last(service => service.ServiceType == typeof(IDatasetLibrary));
        services.AddSingleton<IDatasetLibrary>(provider => new SmallData((IDatasetLibrary)library.ImplementationFactory!(provider)));
    }

    public Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        library.ResolveAsync(request.Data is null or "cifar10" or "synthetic" ? request with { Data = Name } : request, progress, cancellationToken);

    public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) =>
        library.OpenAsync(sourceSha256, cancellationToken);
}
