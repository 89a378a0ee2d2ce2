using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Shared.Datasets.Library;

/// <summary>Registers data sets with a host's services.</summary>
public static class DatasetRegistration
{
    /// <summary>
    /// Adds <see cref="IDatasetLibrary"/>, <see cref="DatasetNames"/>, <see cref="Partitioners"/>, and <see cref="PartitionedDataset"/> and <see cref="RecentManifest"/>, which need an artifact store.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="cacheFolder">Where decoded data is kept, for instance <see cref="CacheFolder.Default"/>.</param>
    public static IServiceCollection AddDatasets(this IServiceCollection services, string cacheFolder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddPartitioners();
        services.TryAddSingleton(provider => new DatasetNames(provider.GetServices<INamedDataset>()));
        services.AddSpecAlternatives<DatasetNames>();
        services.AddSingleton<PartitionedDataset>();
        services.TryAddSingleton<RecentManifest>();
        services.AddSingleton<IDatasetLibrary>(provider => new SharedDatasetLibrary(
            new DatasetLibrary(cacheFolder, CreateDownloadClient(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<DatasetNames>())));
        return services;
    }

    /// <summary>Adds a data set, which specs can then name.</summary>
    public static IServiceCollection AddDataset<T>(this IServiceCollection services)
        where T : class, INamedDataset => services.AddSingleton<INamedDataset, T>();

    /// <summary>Adds a partitioner, whose name specs can then use.</summary>
    public static IServiceCollection AddPartitioner<T>(this IServiceCollection services)
        where T : INamedPartitioner => services.AddPartitioner(T.Named);

    /// <inheritdoc cref="AddPartitioner{T}"/>
    public static IServiceCollection AddPartitioner(this IServiceCollection services, Partitioner partitioner) => services.AddSingleton(partitioner);

    /// <summary>Adds <see cref="Partitioners"/>: the built-in ones, and each <see cref="Partitioner"/> among the host's services.</summary>
    public static IServiceCollection AddPartitioners(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new Partitioners(provider.GetServices<Partitioner>()));
        return services.AddSpecAlternatives<Partitioners>();
    }

    /// <summary>Time-outs are the downloader's: a whole download may take hours. The client lives as long as the process.</summary>
    private static HttpClient CreateDownloadClient() => new() { Timeout = Timeout.InfiniteTimeSpan };
}
