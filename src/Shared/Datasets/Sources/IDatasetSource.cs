namespace FlDurable.Shared.Datasets.Sources;

/// <summary>Something that a data set can be decoded from.</summary>
internal interface IDatasetSource
{
    /// <summary>Its name before the colon of a <c>--data</c> argument, for instance <c>images</c>.</summary>
    string Kind { get; }

    /// <summary>The <c>--data</c> argument that names this source from any working folder.</summary>
    string Argument { get; }

    /// <summary>What it is, for a person.</summary>
    string Description { get; }

    /// <summary>Whether it is made in less time than it would be read in, so that keeping what was made is of no use.</summary>
    bool IsMadeSoonerThanRead => false;

    /// <summary>
    /// 64 hexadecimal digits that stand for what <see cref="LoadAsync"/> would make, found without decoding: equal only if the decoded
    /// data is equal.
    /// </summary>
    /// <exception cref="DatasetException">It can't be read.</exception>
    Task<string> FingerprintAsync(CancellationToken cancellationToken);

    /// <summary>Decodes it.</summary>
    /// <exception cref="DatasetException">It can't be read, or is not of the expected form.</exception>
    Task<ImageDataset> LoadAsync(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken);
}
