using System.Globalization;
using System.Security.Cryptography;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace FlDurable.Shared.Storage;

/// <summary>
/// Artifacts as block blobs of a container. An artifact is one Put Blob that only succeeds where nothing is: at every moment a name has
/// all of its content or does not exist. (Staged blocks would not do: two writers of one name overwrite each other's.)
/// </summary>
public sealed class AzureBlobArtifactStore : IArtifactStore
{
    // Spares FindAsync the download. Whoever reads by the reference hashes what arrives, so a wrong value is found out.
    private const string Sha256Metadata = "sha256";
    private const string Anything = "anything";
    private const int ParallelDeletes = 16;

    private readonly BlobContainerClient container;

    /// <summary>Uses a container; it is made once something is written and it isn't there.</summary>
    /// <param name="container">The container, with its retries configured (<see cref="ArtifactStorage.Open"/> does).</param>
    public AzureBlobArtifactStore(BlobContainerClient container) => this.container = container;

    /// <summary>The container's URL, without the query, which may be a signature.</summary>
    public string Address => container.Uri.GetLeftPart(UriPartial.Path);

    /// <summary>
    /// Asks the service for an artifact that need not be there, so that a wrong address, key or role is told before any work is done.
    /// </summary>
    /// <exception cref="ArtifactStoreException">The service can't be reached, or gives nothing to whoever asks.</exception>
    public Task ReachAsync(CancellationToken cancellationToken) =>
        CallAsync(() => DescribeAsync(BlobOf(Anything), Anything, cancellationToken), "nothing can be read from", cancellationToken);

    /// <inheritdoc/>
    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        PutAsync(ArtifactReference.Of(name, content.Span), content, cancellationToken);

    /// <inheritdoc/>
    public Task<ArtifactReference> PutAsync(ArtifactReference artifact, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var name = artifact.Name;
        var blob = BlobOf(name);
        return CallAsync(
            async () =>
            {
                try
                {
                    await UploadAsync(blob, artifact, content, cancellationToken);
                    return artifact;
                }
                catch (RequestFailedException conflict) when (conflict.Status is 409 or 412)
                {
                    // Another was first, or a lost response made the SDK send this one twice.
                    if (await DescribeAsync(blob, name, cancellationToken) is { } found)
                        return found;
                    throw;
                }
            },
            $"artifact '{name}' can't be written to", cancellationToken);
    }

    /// <inheritdoc/>
    public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        var blob = BlobOf(reference.Name);
        return CallAsync(
            async () =>
            {
                try
                {
                    // Goes on where it stopped when the connection breaks.
                    BlobDownloadStreamingResult download = await blob.DownloadStreamingAsync(cancellationToken: cancellationToken);
                    await using var stream = download.Content;
                    ArtifactContent.CheckLength(reference, download.Details.ContentLength);
                    var content = new byte[reference.Length];
                    await stream.ReadExactlyAsync(content, cancellationToken);

                    // Each download is a new transfer, and slower than the hash.
                    ArtifactContent.Check(reference, content);
                    return content;
                }
                catch (RequestFailedException missing) when (IsMissing(missing))
                {
                    throw Missing(reference);
                }
            },
            $"artifact '{reference.Name}' can't be read from", cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// One request, which the length and the SHA-256 that were recorded with the blob come along with: they say that it is the artifact. The
    /// service sends the part's MD5, which says that it arrived.
    /// </remarks>
    public async Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        var blob = BlobOf(reference.Name);
        ArtifactContent.CheckRange(reference, offset, part.Length);
        var isRead = part.IsEmpty || await CallAsync(
            async () =>
            {
                try
                {
                    return await TryReadRangeAsync(blob, reference, offset, part, cancellationToken);
                }
                catch (RequestFailedException missing) when (IsMissing(missing))
                {
                    throw Missing(reference);
                }
            },
            $"a part of artifact '{reference.Name}' can't be read from", cancellationToken);

        // Put there by another tool, which recorded no SHA-256.
        if (!isRead)
            (await ReadAsync(reference, cancellationToken)).AsMemory((int)offset, part.Length).CopyTo(part);
    }

    /// <inheritdoc/>
    public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var blob = BlobOf(name);
        return CallAsync(() => DescribeAsync(blob, name, cancellationToken), $"artifact '{name}' can't be read from", cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var isFolder = name.EndsWith('/');
        var blob = BlobOf(isFolder ? name[..^1] : name);
        return CallAsync(
            () => isFolder ? DeleteAllAsync(name, cancellationToken) : DeleteOneAsync(blob, cancellationToken),
            $"'{name}' can't be deleted from", cancellationToken);
    }

    private static bool IsMissing(RequestFailedException exception) =>
        exception.ErrorCode == BlobErrorCode.BlobNotFound || exception.ErrorCode == BlobErrorCode.ContainerNotFound;

    private static string? Sha256Of(IDictionary<string, string> metadata) =>
        metadata.TryGetValue(Sha256Metadata, out var sha256) && sha256.Length == 2 * SHA256.HashSizeInBytes ? sha256.ToLowerInvariant() : null;

    /// <returns>Whether a SHA-256 was recorded with the blob, by which it is known.</returns>
    private static async Task<bool> TryReadRangeAsync(
        BlockBlobClient blob, ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        var options = new BlobDownloadOptions
        {
            Range = new HttpRange(offset, part.Length),
            TransferValidation = new DownloadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 },
        };
        try
        {
            BlobDownloadStreamingResult download = await blob.DownloadStreamingAsync(options, cancellationToken);
            await using var stream = download.Content;
            ArtifactContent.CheckLength(reference, WholeLength(download.Details));
            if (Sha256Of(download.Details.Metadata) is not { } sha256)
                return false;
            ArtifactContent.CheckSha256(reference, sha256);
            await stream.ReadExactlyAsync(part, cancellationToken);
            return true;
        }
        catch (RequestFailedException shorter) when (shorter.ErrorCode == BlobErrorCode.InvalidRange)
        {
            throw new ArtifactCorruptException(
                $"artifact '{reference.Name}' is at most {offset} bytes long, expected {reference.Length}", reference.Name);
        }
    }

    // "bytes 0-9/100"
    private static long WholeLength(BlobDownloadDetails part) =>
        long.Parse(part.ContentRange.AsSpan(part.ContentRange.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    private static async Task<ArtifactReference?> DescribeAsync(BlockBlobClient blob, string name, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties properties = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
            if (Sha256Of(properties.Metadata) is { } sha256)
                return new ArtifactReference(name, properties.ContentLength, sha256);

            // Put there by another tool.
            BlobDownloadStreamingResult download = await blob.DownloadStreamingAsync(cancellationToken: cancellationToken);
            await using var stream = download.Content;
            return new ArtifactReference(
                name, download.Details.ContentLength, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken)));
        }
        catch (RequestFailedException missing) when (IsMissing(missing))
        {
            return null;
        }
    }

    private async Task UploadAsync(
        BlockBlobClient blob, ArtifactReference artifact, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
            Metadata = new Dictionary<string, string> { [Sha256Metadata] = artifact.Sha256 },
            TransferOptions = new StorageTransferOptions { InitialTransferSize = int.MaxValue }, // never in blocks
            TransferValidation = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 },
        };
        try
        {
            await blob.UploadAsync(BinaryData.FromBytes(content).ToStream(), options, cancellationToken);
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await blob.UploadAsync(BinaryData.FromBytes(content).ToStream(), options, cancellationToken);
        }
    }

    /// <returns>How many were there.</returns>
    private static async Task<int> DeleteOneAsync(BlockBlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            return await blob.DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, null, cancellationToken) ? 1 : 0;
        }
        catch (RequestFailedException missing) when (IsMissing(missing))
        {
            return 0; // no container: there is nothing to delete
        }
    }

    /// <returns>How many were there.</returns>
    private async Task<int> DeleteAllAsync(string prefix, CancellationToken cancellationToken)
    {
        var deleted = 0;
        try
        {
            await Parallel.ForEachAsync(
                container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, cancellationToken),
                new ParallelOptions { MaxDegreeOfParallelism = ParallelDeletes, CancellationToken = cancellationToken },
                async (blob, cancel) =>
                {
                    await container.GetBlobClient(blob.Name).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, null, cancel);
                    Interlocked.Increment(ref deleted);
                });
        }
        catch (RequestFailedException missing) when (IsMissing(missing))
        {
            // No container: there is nothing to delete.
        }

        return deleted;
    }

    private ArtifactMissingException Missing(ArtifactReference reference) => new($"artifact '{reference.Name}' is missing in {Address}", reference.Name);

    private async Task<T> CallAsync<T>(Func<Task<T>> call, string failure, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (AzureFailure.Is(exception, cancellationToken))
        {
            throw new ArtifactStoreException($"{failure} {Address}: {AzureFailure.Describe(exception)}", exception);
        }
    }

    private BlockBlobClient BlobOf(string name) => ArtifactNames.IsName(name)
        ? container.GetBlockBlobClient(name)
        : throw new ArgumentException($"'{name}' is no artifact name", nameof(name));
}
