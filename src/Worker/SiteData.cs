using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker;

/// <summary>What a site has, read once and again whenever it has changed.</summary>
/// <param name="library">Reads it.</param>
/// <param name="request">Where it is, and in what form.</param>
/// <param name="secret">Of the site: what stands for its data outside is made with it.</param>
/// <param name="log">The site's own log: what can't be read is named there alone.</param>
internal sealed partial class SiteData(IDatasetLibrary library, DatasetRequest request, byte[] secret, ILogger log) : IDisposable
{
    private const int MostNamed = 20;

    private readonly SemaphoreSlim loading = new(1);
    private volatile LoadedData? current;

    /// <summary>What was read last; null before anything was.</summary>
    public LoadedData? Current => current;

    /// <summary>Looks at the data, and reads it if it is another.</summary>
    /// <param name="unreadable">What becomes of records that can't be read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DatasetException">It can't be used.</exception>
    public async Task<LoadedData> LookAsync(UnreadableRule unreadable, CancellationToken cancellationToken)
    {
        await loading.WaitAsync(cancellationToken);
        try
        {
            var found = await library.ResolveAsync(request with { SkipAtMostPercent = unreadable.SkipAtMostPercent }, progress: null, cancellationToken);
            if (current is { } known && (known.Sha256, known.LeftOut) == (found.Sha256, found.LeftOut))
                return known;
            var dataset = await library.OpenAsync(found.Sha256, cancellationToken);
            var read = LoadedData.Of(dataset, found.LeftOut, secret);
            if (found.LeftOut > 0)
                LogLeftOut(log, found.LeftOut, found.LeftOut + found.TrainExamples + found.TestExamples, string.Join("; ", dataset.LeftOut.Take(MostNamed)));
            current = read;
            return read;
        }
        finally
        {
            loading.Release();
        }
    }

    public void Dispose() => loading.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} of {Total} records can't be read and are left out, as the policy allows (unreadable): {Reasons}")]
    private static partial void LogLeftOut(ILogger logger, int count, int total, string reasons);
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

    /// <summary>How many records were left out because they can't be read.</summary>
    public int LeftOut { get; init; }

    /// <summary>A data set as a site's: its test set is what the site evaluates on.</summary>
    public static LoadedData Of(ImageDataset dataset, int leftOut, byte[] secret)
    {
        byte[] records = [.. dataset.Train.Records.Span, .. dataset.Test.Records.Span];
        var counts = new int[dataset.Classes.Count];
        for (var index = 0; index < dataset.Train.Count; index++)
            counts[dataset.Train.Label(index)]++;
        var digest = Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(leftOut == 0 ? dataset.Sha256 : FormattableString.Invariant($"{dataset.Sha256}/{leftOut}"))));
        return new LoadedData(dataset.Sha256, digest, records, dataset.Shape, dataset.Classes, dataset.Train.Count, dataset.Test.Count, counts)
        {
            LeftOut = leftOut,
            Columns = dataset.Columns is { } columns ? Convert.ToHexStringLower(SHA256.HashData(ContractJson.SerializeToUtf8(columns.Select(column => column.Name).ToList()))) : null,
        };
    }
}
