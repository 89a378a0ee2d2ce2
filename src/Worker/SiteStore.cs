using FlDurable.Shared.Storage;

namespace FlDurable.Worker;

/// <summary>
/// The artifacts of a site's work, in a folder of its slot, and among them the keys of noise, which the site has once, and the site's data, which is in memory alone and is
/// written nowhere.
/// </summary>
/// <param name="folder">The slot's artifacts.</param>
/// <param name="keys">The keys of the noise that the site adds.</param>
/// <param name="data">The site's data.</param>
internal sealed class SiteStore(IArtifactStore folder, IArtifactStore keys, SiteData data) : IArtifactStore
{
    private const string Prefix = $"{SiteData}/";
    private const string SiteData = Shared.Specs.SiteData.Kind;

    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        Of(name).PutAsync(name, content, cancellationToken);

    public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) =>
        IsData(reference) ? Task.FromResult(Data(reference)) : Of(reference.Name).ReadAsync(reference, cancellationToken);

    public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        if (!IsData(reference))
            return Of(reference.Name).ReadRangeAsync(reference, offset, part, cancellationToken);
        Data(reference).AsMemory((int)offset, part.Length).CopyTo(part);
        return Task.CompletedTask;
    }

    public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => Of(name).FindAsync(name, cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => folder.DeleteAsync(name, cancellationToken);

    private IArtifactStore Of(string name) => ArtifactNames.IsPrivacyKey(name) ? keys : folder;

    private static bool IsData(ArtifactReference reference) => reference.Name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <exception cref="ArtifactMissingException">The site has other data now.</exception>
    private byte[] Data(ArtifactReference reference) => data.Current is { } current && current.Digest == reference.Sha256
        ? current.Records
        : throw new ArtifactMissingException($"the site's data is not what '{reference.Name}' stands for any more", reference.Name);
}
