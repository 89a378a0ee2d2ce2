using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Worker;

/// <summary>What a site has, read once and again whenever it has changed.</summary>
/// <param name="library">Reads it.</param>
/// <param name="request">Where it is, and in what form.</param>
/// <param name="secret">Of the site: what stands for its data outside is made with it.</param>
internal sealed class SiteData(IDatasetLibrary library, DatasetRequest request, byte[] secret) : IDisposable
{
    private readonly SemaphoreSlim loading = new(1);
    private volatile LoadedData? current;

    /// <summary>What was read last; null before anything was.</summary>
    public LoadedData? Current => current;

    /// <summary>Looks at the data, and reads it if it is another.</summary>
    /// <exception cref="DatasetException">It can't be used.</exception>
    public async Task<LoadedData> LookAsync(CancellationToken cancellationToken)
    {
        await loading.WaitAsync(cancellationToken);
        try
        {
            var found = await library.ResolveAsync(request, progress: null, cancellationToken);
            if (current is { } known && known.Sha256 == found.Sha256)
                return known;
            var read = LoadedData.Of(await library.OpenAsync(found.Sha256, cancellationToken), secret);
            current = read;
            return read;
        }
        finally
        {
            loading.Release();
        }
    }

    public void Dispose() => loading.Dispose();
}

/// <summary>A site's data as it was read.</summary>
/// <param name="Sha256">The SHA-256 of it, which stays at the site: with it a guess could be confirmed.</param>
/// <param name="Digest">What stands for it outside.</param>
/// <param name="Records">Its images (<see cref="ImageExamples"/>): first those to train on, then those to evaluate on.</param>
/// <param name="Shape">The shape of an image.</param>
/// <param name="Classes">The classes' names.</param>
/// <param name="TrainExamples">How many to train on.</param>
/// <param name="ValidationExamples">How many to evaluate on.</param>
/// <param name="ClassCounts">How many to train on by class.</param>
internal sealed record LoadedData(
    string Sha256, string Digest, byte[] Records, ImageShape Shape, IReadOnlyList<string> Classes, int TrainExamples, int ValidationExamples, IReadOnlyList<int> ClassCounts)
{
    /// <summary>Stands for the names of a table's columns, in their order; null for images.</summary>
    public string? Columns { get; init; }

    /// <summary>A data set as a site's: its test set is what the site evaluates on.</summary>
    public static LoadedData Of(ImageDataset dataset, byte[] secret)
    {
        byte[] records = [.. dataset.Train.Records.Span, .. dataset.Test.Records.Span];
        var counts = new int[dataset.Classes.Count];
        for (var index = 0; index < dataset.Train.Count; index++)
            counts[dataset.Train.Label(index)]++;
        var digest = Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(dataset.Sha256)));
        return new LoadedData(dataset.Sha256, digest, records, dataset.Shape, dataset.Classes, dataset.Train.Count, dataset.Test.Count, counts)
        {
            Columns = dataset.Columns is { } columns ? Convert.ToHexStringLower(SHA256.HashData(ContractJson.SerializeToUtf8(columns.Select(column => column.Name).ToList()))) : null,
        };
    }
}
