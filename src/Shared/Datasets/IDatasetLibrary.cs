using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets;

/// <summary>Where a host gets decoded data sets from.</summary>
public interface IDatasetLibrary
{
    /// <summary>Finds the data that an argument names, and decodes it unless that was done before.</summary>
    /// <param name="data">A spec's <c>data</c> (docs/data.md); null takes what the machine has.</param>
    /// <param name="progress">Is told how far downloading and decoding are; may be called on any thread.</param>
    /// <param name="cancellationToken">Stops it; a download goes on from there the next time.</param>
    /// <exception cref="DatasetException">There is no such data, it is not usable, or the cache can't be written.</exception>
    Task<ResolvedDataset> ResolveAsync(string? data, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Reads decoded data that was resolved before, also by another process.</summary>
    /// <param name="sourceSha256">Its <see cref="ResolvedDataset.SourceSha256"/>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DatasetException">It is no longer in the cache, or damaged there, and can't be decoded again.</exception>
    Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken);
}

/// <summary>Decoded data, in brief.</summary>
/// <param name="Source">The kind of source: <c>cifar10</c>, <c>images</c> or <c>synthetic</c>.</param>
/// <param name="SourceSha256">The <see cref="ImageDataset.Sha256"/>.</param>
/// <param name="Description">What it is, where it came from, and why that was taken where nobody asked for it: one line for a person.</param>
/// <param name="Shape">The shape of every image.</param>
/// <param name="Classes">How many classes there are.</param>
/// <param name="TrainExamples">How many training images.</param>
/// <param name="TestExamples">How many test images.</param>
public sealed record ResolvedDataset(
    string Source, string SourceSha256, string Description, ImageShape Shape, int Classes, int TrainExamples, int TestExamples);
