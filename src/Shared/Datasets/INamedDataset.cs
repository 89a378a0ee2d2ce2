using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets;

/// <summary>
/// A data set of a host's own, which specs name as <c>NAME</c> or <c>NAME:ARGUMENT</c>. It is loaded once by machine, and kept in the cache by its
/// fingerprint and the package's version.
/// </summary>
public interface INamedDataset
{
    /// <summary>As specs name it.</summary>
    string Name { get; }

    /// <summary>The package that its code is in.</summary>
    PackageVersion Package => PackageVersion.Of(GetType().Assembly);

    /// <summary>
    /// The file or folder of this machine that an argument names, so that callers over HTTP can name only those that they may; null where it
    /// names none.
    /// </summary>
    /// <param name="argument">What a spec has after the colon; null without one.</param>
    string? FileOf(string? argument);

    /// <summary>What stands for the data without its being loaded: equal only if the data is.</summary>
    /// <param name="argument">What a spec has after the colon; null without one.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="DatasetException">It can't be read; the message says what was expected.</exception>
    Task<string> FingerprintAsync(string? argument, CancellationToken cancellationToken);

    /// <summary>Loads it.</summary>
    /// <param name="argument">What a spec has after the colon; null without one.</param>
    /// <param name="progress">Told how far it is; null where nobody asks.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <exception cref="DatasetException">It can't be read, or is not what it should be; the message says what was expected.</exception>
    Task<ImageDataset> LoadAsync(string? argument, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken);
}
