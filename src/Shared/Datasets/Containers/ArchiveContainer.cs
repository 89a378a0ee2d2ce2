using System.Security.Cryptography;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A container that is one file.</summary>
internal abstract class ArchiveContainer(string path) : FileContainer(path)
{
    /// <inheritdoc/>
    public override string ContentSha256(CancellationToken cancellationToken) => Guarded(() =>
    {
        using var stream = OpenArchive();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 18];
        while (stream.Read(buffer) is > 0 and var read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    });

    private protected FileStream OpenArchive() =>
        new(Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
}
