using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// Images that were read lately, so that the next round need not read them again: memory is dearer to fill than to keep. What was read
/// is what its reference says, and no reference ever means anything else.
/// </summary>
internal sealed class RecentData
{
    /// <summary>All of CIFAR-10, and not much more.</summary>
    private const long MostBytes = 256 << 20;

    /// <summary>What it takes to know one artifact beside its content, roughly: many small ones are not free.</summary>
    internal const int EntryBytes = 1_000;

    private readonly IArtifactStore store;
    private readonly long mostBytes;
    private readonly Lock gate = new();
    private readonly Dictionary<ArtifactReference, LinkedListNode<(ArtifactReference Reference, byte[] Content)>> known = [];
    private readonly LinkedList<(ArtifactReference Reference, byte[] Content)> latestFirst = [];
    private long bytes;

    public RecentData(IArtifactStore store)
        : this(store, MostBytes)
    {
    }

    internal RecentData(IArtifactStore store, long mostBytes) => (this.store, this.mostBytes) = (store, mostBytes);

    /// <summary>An artifact's content, which is not to be changed.</summary>
    /// <inheritdoc cref="IArtifactStore.ReadAsync" path="/exception"/>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        if (Find(reference) is { } found)
            return found;
        var content = await store.ReadAsync(reference, cancellationToken);
        Keep(reference, content);
        return content;
    }

    private byte[]? Find(ArtifactReference reference)
    {
        lock (gate)
        {
            if (!known.TryGetValue(reference, out var node))
                return null;
            latestFirst.Remove(node);
            latestFirst.AddFirst(node);
            return node.Value.Content;
        }
    }

    private void Keep(ArtifactReference reference, byte[] content)
    {
        lock (gate)
        {
            if (Size(content) > mostBytes || known.ContainsKey(reference))
                return;
            known[reference] = latestFirst.AddFirst((reference, content));
            bytes += Size(content);
            while (bytes > mostBytes)
                Forget(latestFirst.Last!);
        }
    }

    private void Forget(LinkedListNode<(ArtifactReference Reference, byte[] Content)> node)
    {
        latestFirst.Remove(node);
        known.Remove(node.Value.Reference);
        bytes -= Size(node.Value.Content);
    }

    private static long Size(byte[] content) => EntryBytes + content.Length;
}
