namespace FlDurable.Api;

/// <summary>The partitioned data sets of a host's artifacts, where nobody else has any there: a host that has none of this keeps all of them.</summary>
public interface IKeptDatasets
{
    /// <summary>All of them, by digest.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<KeptDataset>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Removes those that no federation uses. Federations that begin meanwhile wait, and then have what they need.</summary>
    /// <param name="digest">That one alone, if nobody uses it; null for all.</param>
    /// <param name="cancellationToken">Stops between two.</param>
    /// <returns>What was removed; null, and nothing is, while commands beside the host use data there.</returns>
    Task<IReadOnlyList<KeptDataset>?> RemoveUnusedAsync(string? digest, CancellationToken cancellationToken);
}

/// <summary>A partitioned data set, which federations of the same data and division share.</summary>
/// <param name="Digest">Its digest, which federations name as <c>dataset.digest</c>.</param>
/// <param name="Bytes">How many bytes it takes up.</param>
/// <param name="Federations">How many federations use it, also those that are over.</param>
public sealed record KeptDataset(string Digest, long Bytes, int Federations);

/// <summary>All partitioned data sets.</summary>
/// <param name="Datasets">By digest.</param>
public sealed record DatasetList(IReadOnlyList<KeptDataset> Datasets);

/// <summary>What was removed of partitioned data.</summary>
/// <param name="Removed">The data sets' digests.</param>
/// <param name="Bytes">How many bytes they took up.</param>
public sealed record RemovedDatasets(IReadOnlyList<string> Removed, long Bytes);
