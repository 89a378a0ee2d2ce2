using System.Collections.Concurrent;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.Api.Tests.Support;

/// <summary>A store in a folder that knows what was read of it.</summary>
internal sealed class WatchedStore(string folder) : IArtifactStore
{
    private readonly FileArtifactStore inner = new(folder);
    private readonly ConcurrentQueue<(long Offset, int Length)> parts = [];
    private int wholes;

    /// <summary>The parts that were read.</summary>
    public IReadOnlyList<(long Offset, int Length)> Parts => [.. parts];

    /// <summary>How many artifacts were read as a whole.</summary>
    public int Wholes => wholes;

    /// <summary>Whether no part can be read.</summary>
    public bool IsAway { get; set; }

    public void Forget()
    {
        parts.Clear();
        wholes = 0;
    }

    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        inner.PutAsync(name, content, cancellationToken);

    public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref wholes);
        return inner.ReadAsync(reference, cancellationToken);
    }

    public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        if (IsAway)
            throw new ArtifactStoreException("the store is away");
        parts.Enqueue((offset, part.Length));
        return inner.ReadRangeAsync(reference, offset, part, cancellationToken);
    }

    public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => inner.FindAsync(name, cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);
}
