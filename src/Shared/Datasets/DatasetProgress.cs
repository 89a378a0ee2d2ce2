namespace FlDurable.Shared.Datasets;

/// <summary>How far the loading of a data set is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Bytes when downloading, images otherwise.</param>
/// <param name="Total">Of how many; 0 where that is not told.</param>
public readonly record struct DatasetProgress(DatasetStage Stage, long Done, long Total);

/// <summary>The parts of loading that take time.</summary>
public enum DatasetStage
{
    /// <summary>An archive comes over the network.</summary>
    Downloading,

    /// <summary>Images are read from files and decoded.</summary>
    Decoding,

    /// <summary>Synthetic images are made.</summary>
    Generating,

    /// <summary>What was loaded is written to the cache; how far that is isn't told.</summary>
    Caching,
}
