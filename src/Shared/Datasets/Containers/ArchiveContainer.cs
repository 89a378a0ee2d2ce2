using System.Security.Cryptography;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A container that is one file.</summary>
internal abstract class ArchiveContainer(string path) : FileContainer(path)
{
    /// <inheritdoc/>
    public override string ContentSha256(CancellationToken cancellationToken) => Guarded(() =>
    {
        using var stream = new CancellableFile(Path, cancellationToken);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    });
}
