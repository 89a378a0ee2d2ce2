namespace FlDurable.Shared.Storage;

/// <summary>
/// Images that were read or written lately, so that the next round need not read them again: memory is dearer to fill than to keep. Once nobody has
/// wanted any for a while it is given back, as a host that is idle should.
/// </summary>
public sealed class RecentData : IDisposable
{
    /// <summary>After how long all of it is given back.</summary>
    internal static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    /// <summary>All of CIFAR-10, and not much more.</summary>
    private const long DefaultMostBytes = 256 << 20;

    // Of a million clients, who are asked one after another, none would still be known when it is wanted again, and a quarter of a gigabyte would be full of them.
    internal const int MostArtifacts = 50_000;

    private readonly IArtifactStore store;
    private readonly long mostBytes;
    private readonly RecentContent<ReadOnlyMemory<byte>> recent;
    private readonly ITimer idle;

    /// <summary>None yet.</summary>
    /// <param name="store">Where they are read.</param>
    /// <param name="time">What a while is measured by.</param>
    public RecentData(IArtifactStore store, TimeProvider time)
        : this(store, time, DefaultMostBytes)
    {
    }

    internal RecentData(IArtifactStore store, TimeProvider time, long mostBytes)
    {
        (this.store, this.mostBytes, recent) = (store, mostBytes, new RecentContent<ReadOnlyMemory<byte>>(mostBytes, MostArtifacts));
        idle = time.CreateTimer(_ => GiveBack(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>An artifact's content, which is not to be changed.</summary>
    /// <inheritdoc cref="IArtifactStore.ReadAsync(ArtifactReference, CancellationToken)" path="/exception"/>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        idle.Change(KeptFor, Timeout.InfiniteTimeSpan);
        if (recent.TryFind(reference, out var found))
            return found;
        var content = await store.ReadAsync(reference, cancellationToken);
        recent.Keep(reference, content);
        return content;
    }

    /// <summary>Whether so many artifacts of so many bytes together can be kept, if nothing else is.</summary>
    public bool HasRoomFor(int artifacts, long bytes) => artifacts <= MostArtifacts && bytes + (RecentContent.EntryBytes * (long)artifacts) <= mostBytes;

    /// <summary>Keeps what was just written, and is most likely read next.</summary>
    /// <param name="reference">What it is.</param>
    /// <param name="content">Its content, taken over. What it is a part of is in memory as long as it is.</param>
    public void Keep(ArtifactReference reference, ReadOnlyMemory<byte> content)
    {
        idle.Change(KeptFor, Timeout.InfiniteTimeSpan);
        recent.Keep(reference, content);
    }

    /// <summary>Forgets when to give back.</summary>
    public void Dispose() => idle.Dispose();

    // Nothing else would have the collector look: nobody allocates.
    private void GiveBack()
    {
        if (recent.Clear())
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
