namespace FlDurable.Shared.Storage;

/// <summary>One's own artifacts, and of others what a reference names. Nothing is ever written to or deleted from another's.</summary>
internal sealed class JoinedArtifactStore(IArtifactStore own, IReadOnlyDictionary<string, AzureBlobArtifactStore> others) : IArtifactStore
{
    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        own.PutAsync(name, content, cancellationToken);

    public Task<ArtifactReference> PutAsync(ArtifactReference artifact, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        own.PutAsync(artifact, content, cancellationToken);

    public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) =>
        StoreOf(reference).ReadAsync(reference with { Account = null }, cancellationToken);

    public Task ReadAsync(ArtifactReference reference, Memory<byte> content, CancellationToken cancellationToken) =>
        StoreOf(reference).ReadAsync(reference with { Account = null }, content, cancellationToken);

    public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) =>
        StoreOf(reference).ReadRangeAsync(reference with { Account = null }, offset, part, cancellationToken);

    public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => own.FindAsync(name, cancellationToken);

    public void Unload(string name) => own.Unload(name);

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => own.DeleteAsync(name, cancellationToken);

    private IArtifactStore StoreOf(ArtifactReference reference)
    {
        if (reference.Account is not { } account)
            return own;
        return others.TryGetValue(account, out var other)
            ? other
            : throw new ArtifactStoreException(
                $"artifact '{reference.Name}' is in the account '{account}', which is none of this host's {ArtifactAccounts.Variable}");
    }
}
