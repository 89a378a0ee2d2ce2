using FlDurable.Shared.Storage;

namespace FlDurable.Faults.Tests.Support;

/// <summary>When a store that fails does.</summary>
public enum FaultTime
{
    /// <summary>It does nothing of what it is asked to.</summary>
    Before,

    /// <summary>It has done it, and its answer is lost.</summary>
    After,
}

/// <summary>A store some of whose calls fail.</summary>
/// <param name="inner">The store.</param>
/// <param name="fails">Whether a call fails, by its number from 1.</param>
/// <param name="when">When.</param>
internal sealed class FaultyStore(IArtifactStore inner, Func<int, bool> fails, FaultTime when) : IArtifactStore
{
    public const string Reason = "the store is away";

    private int calls;

    /// <summary>How many calls there were.</summary>
    public int Calls => calls;

    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        CallAsync(() => inner.PutAsync(name, content, cancellationToken));

    public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) =>
        CallAsync(() => inner.ReadAsync(reference, cancellationToken));

    public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        await inner.ReadRangeAsync(reference, offset, part, cancellationToken);
        return true;
    });

    public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) =>
        CallAsync(() => inner.FindAsync(name, cancellationToken));

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        await inner.DeleteAsync(name, cancellationToken);
        return true;
    });

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        var isFault = fails(Interlocked.Increment(ref calls));
        if (isFault && when == FaultTime.Before)
            throw new ArtifactStoreException(Reason);
        var result = await call();
        return isFault ? throw new ArtifactStoreException(Reason) : result;
    }
}
