using FlDurable.Shared.Storage;

namespace FlDurable.Worker;

/// <summary>
/// The artifacts of a site's work, in a folder of its own, and among them the site's data, which is in memory alone and is written nowhere.
/// </summary>
/// <param name="folder">The folder's artifacts.</param>
/// <param name="data">The site's data.</param>
internal sealed class SiteStore(IArtifactStore folder, SiteData data) : IArtifactStore
{
    private const string Prefix = $"{SiteData}/";
    private const string SiteData = Shared.Specs.SiteData.Kind;

    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        folder.PutAsync(name, content, cancellationToken);

    public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) =>
        IsData(reference) ? Task.FromResult(Data(reference)) : folder.ReadAsync(reference, cancellationToken);

    public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        if (!IsData(reference))
            return folder.ReadRangeAsync(reference, offset, part, cancellationToken);
        Data(reference).AsMemory((int)offset, part.Length).CopyTo(part);
        return Task.CompletedTask;
    }

    public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => folder.FindAsync(name, cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => folder.DeleteAsync(name, cancellationToken);

    private static bool IsData(ArtifactReference reference) => reference.Name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <exception cref="ArtifactMissingException">The site has other data now.</exception>
    private byte[] Data(ArtifactReference reference) => data.Current is { } current && current.Digest == reference.Sha256
        ? current.Records
        : throw new ArtifactMissingException($"the site's data is not what '{reference.Name}' stands for any more", reference.Name);
}
