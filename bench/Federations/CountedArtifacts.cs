using FlDurable.Shared.Storage;

namespace FlDurable.Bench.Federations;

/// <summary>Counts what is read from and written to a store.</summary>
internal sealed class CountedArtifacts(IArtifactStore store) : IArtifactStore
{
    private long bytesRead;
    private long artifactsWritten;

    public long BytesRead => Interlocked.Read(ref bytesRead);

    public long ArtifactsWritten => Interlocked.Read(ref artifactsWritten);

    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref artifactsWritten);
        return store.PutAsync(name, content, cancellationToken);
    }

    public async Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref bytesRead, reference.Length);
        return await store.ReadAsync(reference, cancellationToken);
    }

    public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref bytesRead, part.Length);
        return store.ReadRangeAsync(reference, offset, part, cancellationToken);
    }

    public async Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var found = await store.FindAsync(name, cancellationToken);
        Interlocked.Add(ref bytesRead, found?.Length ?? 0);
        return found;
    }

    public void Unload(string name) => store.Unload(name);

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => store.DeleteAsync(name, cancellationToken);
}
