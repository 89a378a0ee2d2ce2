using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// Images that were read lately, so that the next round need not read them again: memory is dearer to fill than to keep. Once nobody has wanted any
/// for a while it is given back, as a host that is idle should.
/// </summary>
internal sealed class RecentData : IDisposable
{
    /// <summary>After how long all of it is given back.</summary>
    internal static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    /// <summary>All of CIFAR-10, and not much more.</summary>
    private const long MostBytes = 256 << 20;

    private readonly IArtifactStore store;
    private readonly RecentContent recent;
    private readonly ITimer idle;

    public RecentData(IArtifactStore store, TimeProvider time)
        : this(store, time, MostBytes)
    {
    }

    internal RecentData(IArtifactStore store, TimeProvider time, long mostBytes)
    {
        (this.store, recent) = (store, new RecentContent(mostBytes));
        idle = time.CreateTimer(_ => GiveBack(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>An artifact's content, which is not to be changed.</summary>
    /// <inheritdoc cref="IArtifactStore.ReadAsync(ArtifactReference, CancellationToken)" path="/exception"/>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        idle.Change(KeptFor, Timeout.InfiniteTimeSpan);
        if (recent.Find(reference) is { } found)
            return found;
        var content = await store.ReadAsync(reference, cancellationToken);
        recent.Keep(reference, content);
        return content;
    }

    public void Dispose() => idle.Dispose();

    // Nothing else would have the collector look: nobody allocates.
    private void GiveBack()
    {
        if (recent.Clear())
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
