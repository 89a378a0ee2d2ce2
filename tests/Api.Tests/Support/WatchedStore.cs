using System.Collections.Concurrent;
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

    /// <summary>How many files of parameters were read as a whole.</summary>
    public int Wholes => wholes;

    /// <summary>Whether no part can be read.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether parts come damaged, though the store says that they are not.</summary>
    public bool DamagesParts { get; set; }

    public void Forget()
    {
        parts.Clear();
        wholes = 0;
    }

    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        inner.PutAsync(name, content, cancellationToken);

    public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        if (reference.Name.EndsWith(".safetensors", StringComparison.Ordinal))
            Interlocked.Increment(ref wholes);
        return inner.ReadAsync(reference, cancellationToken);
    }

    public async Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        if (IsAway)
            throw new ArtifactStoreException("the store is away");
        parts.Enqueue((offset, part.Length));
        await inner.ReadRangeAsync(reference, offset, part, cancellationToken);
        if (DamagesParts)
            part.Span[0] ^= 1;
    }

    public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => inner.FindAsync(name, cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);
}
