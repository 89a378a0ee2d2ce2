using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Datasets;

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
    private readonly RecentContent<ImageExamples> recent;
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
        (this.store, this.mostBytes, recent) = (store, mostBytes, new RecentContent<ImageExamples>(mostBytes, MostArtifacts));
        idle = time.CreateTimer(_ => GiveBack(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>An artifact's examples.</summary>
    /// <param name="reference">The artifact.</param>
    /// <param name="shape">The shape of its images.</param>
    /// <param name="classes">Its labels are below this.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="InvalidDataException">It has no such examples.</exception>
    /// <exception cref="ArtifactStoreException">As <see cref="IArtifactStore.ReadAsync(ArtifactReference, CancellationToken)"/> says.</exception>
    public async Task<ImageExamples> ReadAsync(ArtifactReference reference, ImageShape shape, int classes, CancellationToken cancellationToken)
    {
        idle.Change(KeptFor, Timeout.InfiniteTimeSpan);
        if (recent.TryFind(reference, out var found))
        {
            if (found.Shape == shape && found.Classes <= classes)
                return found.AmongMore(classes);
            recent.Forget(reference.Name);
        }

        var examples = new ImageExamples(await store.ReadAsync(reference, cancellationToken), shape, classes);
        recent.Keep(reference, examples);
        return examples;
    }

    /// <summary>Whether so many artifacts of so many bytes together can be kept, if nothing else is.</summary>
    internal bool HasRoomFor(int artifacts, long bytes) => artifacts <= MostArtifacts && bytes + (RecentContent.EntryBytes * (long)artifacts) <= mostBytes;

    /// <summary>Keeps what was just written, and is most likely read next.</summary>
    /// <param name="reference">What it is.</param>
    /// <param name="examples">Its examples. What they are a part of is in memory as long as they are.</param>
    internal void Keep(ArtifactReference reference, ImageExamples examples)
    {
        idle.Change(KeptFor, Timeout.InfiniteTimeSpan);
        recent.Keep(reference, examples);
        store.Unload(reference.Name);
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
