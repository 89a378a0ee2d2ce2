namespace FlDurable.Shared.Storage;

/// <summary>
/// Another store, with its small artifacts kept in memory while they are wanted: each activity of a round reads the same spec, selection
/// and parameters, and much of what others of this process wrote. For a store that is asked over a network. What another process deletes
/// may be read here for a while yet; it is what its reference says.
/// </summary>
/// <param name="store">The store.</param>
public sealed class RecentArtifacts(IArtifactStore store) : IArtifactStore
{
    // What is larger takes longer to compute with than to read.
    private const int MostOfOne = 1 << 20;
    private const long MostOfAll = 64 << 20;

    private readonly RecentContent<byte[]> recent = new(MostOfAll);

    /// <inheritdoc/>
    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => content.Length > MostOfOne
        ? store.PutAsync(name, content, cancellationToken)
        : PutAsync(ArtifactReference.Of(name, content.Span), content, cancellationToken);

    /// <inheritdoc/>
    public async Task<ArtifactReference> PutAsync(ArtifactReference artifact, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var there = await store.PutAsync(artifact, content, cancellationToken);

        // Another's content may have been first. And the memory is the caller's.
        if (content.Length <= MostOfOne && there == artifact)
            recent.Keep(artifact, content.ToArray());
        return there;
    }

    /// <inheritdoc/>
    public async Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        if (recent.TryFind(reference, out var found))
            return found;
        var content = await store.ReadAsync(reference, cancellationToken);
        if (content.Length <= MostOfOne)
            recent.Keep(reference, content);
        return content;
    }

    /// <inheritdoc/>
    public async Task ReadAsync(ArtifactReference reference, Memory<byte> content, CancellationToken cancellationToken)
    {
        ArtifactContent.CheckMemory(reference, content);
        if (reference.Length <= MostOfOne)
            (await ReadAsync(reference, cancellationToken)).CopyTo(content);
        else
            await store.ReadAsync(reference, content, cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) =>
        store.ReadRangeAsync(reference, offset, part, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Always asked for: what is there can come and go.</remarks>
    public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => store.FindAsync(name, cancellationToken);

    /// <inheritdoc/>
    public void Unload(string name) => store.Unload(name);

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        await store.DeleteAsync(name, cancellationToken);
        recent.Forget(name);
    }
}
