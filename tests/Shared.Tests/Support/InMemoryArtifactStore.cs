using System.Collections.Concurrent;
using System.Security.Cryptography;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Tests.Support;

internal sealed class InMemoryArtifactStore : IArtifactStore
{
    private readonly ConcurrentDictionary<string, byte[]> artifacts = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> puts = new();
    private long bytesRead;

    /// <summary>The names of all puts, in order.</summary>
    public IReadOnlyList<string> Puts => [.. puts];

    /// <summary>How much was read.</summary>
    public long BytesRead => Interlocked.Read(ref bytesRead);

    /// <summary>Changes one bit of an artifact.</summary>
    public void Damage(string name) => artifacts[name][0] ^= 1;

    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!ArtifactNames.IsName(name))
            throw new ArgumentException($"'{name}' is no artifact name", nameof(name));
        puts.Enqueue(name);
        return Task.FromResult(ReferenceTo(name, artifacts.GetOrAdd(name, _ => content.ToArray())));
    }

    public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        if (!artifacts.TryGetValue(reference.Name, out var content))
            throw new ArtifactMissingException($"{reference.Name}: not there");
        if (ReferenceTo(reference.Name, content) != reference)
            throw new ArtifactCorruptException($"{reference.Name}: not what was put there");
        Interlocked.Add(ref bytesRead, content.Length);
        return Task.FromResult((byte[])content.Clone());
    }

    public async Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) =>
        (await ReadAsync(reference, cancellationToken)).AsMemory((int)offset, part.Length).CopyTo(part);

    public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(artifacts.TryGetValue(name, out var content) ? ReferenceTo(name, content) : null);

    public Task DeleteAsync(string prefix, CancellationToken cancellationToken)
    {
        foreach (var name in artifacts.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
            artifacts.TryRemove(name, out _);
        return Task.CompletedTask;
    }

    private static ArtifactReference ReferenceTo(string name, byte[] content) =>
        new(name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
}
