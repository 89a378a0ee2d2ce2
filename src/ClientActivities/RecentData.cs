using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// Images that were read lately, so that the next round need not read them again: memory is dearer to fill than to keep.
/// </summary>
internal sealed class RecentData
{
    /// <summary>All of CIFAR-10, and not much more.</summary>
    private const long MostBytes = 256 << 20;

    private readonly IArtifactStore store;
    private readonly RecentContent recent;

    public RecentData(IArtifactStore store)
        : this(store, MostBytes)
    {
    }

    internal RecentData(IArtifactStore store, long mostBytes) => (this.store, recent) = (store, new RecentContent(mostBytes));

    /// <summary>An artifact's content, which is not to be changed.</summary>
    /// <inheritdoc cref="IArtifactStore.ReadAsync" path="/exception"/>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        if (recent.Find(reference) is { } found)
            return found;
        var content = await store.ReadAsync(reference, cancellationToken);
        recent.Keep(reference, content);
        return content;
    }
}
