using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets;

/// <summary>The data sets that this machine has or can get.</summary>
public interface IDatasetLibrary
{
    /// <summary>Finds a data set, gets and decodes it if need be, and tells what it is.</summary>
    /// <param name="request">What a spec asks for.</param>
    /// <param name="progress">Told how far it is, on any thread.</param>
    /// <param name="cancellationToken">Cancels the work; what is finished is kept.</param>
    /// <exception cref="DatasetException">There is no such data set, or it can't be used.</exception>
    Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Opens a data set that was resolved before.</summary>
    /// <exception cref="DatasetException">It is no longer there.</exception>
    Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken);

    /// <summary>Opens it for somebody who only looks before it is opened in earnest, which then need not read it once more.</summary>
    /// <exception cref="DatasetException">It is no longer there.</exception>
    Task<ImageDataset> PeekAsync(string sourceSha256, CancellationToken cancellationToken) => OpenAsync(sourceSha256, cancellationToken);
}

/// <summary>What a data set is, without its images.</summary>
/// <param name="Source">The kind of source, as <c>--data</c> names it: <c>cifar10</c>, <c>images</c>, <c>synthetic</c> and others (docs/data.md).</param>
/// <param name="Sha256">The SHA-256 of the decoded images and labels.</param>
/// <param name="Description">Where it is from, for a person.</param>
/// <param name="Shape">The shape of every image.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="TrainExamples">The number of training images.</param>
/// <param name="TestExamples">The number of test images.</param>
public sealed record ResolvedDataset(
    string Source, string Sha256, string Description, ImageShape Shape, int Classes, int TrainExamples, int TestExamples)
{
    /// <summary>How many records were left out because they can't be read.</summary>
    public int LeftOut { get; init; }
}
