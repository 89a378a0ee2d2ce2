using FlDurable.Shared.Storage;

namespace FlDurable.Api.Tests.Support;

/// <summary>A store whose process dies at a write: once something is written, nobody hears of it, and nothing is written or read any more.</summary>
internal sealed class DyingStore(IArtifactStore store, Func<string, bool> isLast, TaskCompletionSource dead) : IArtifactStore
{
    public async Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await DieAsync();
        var written = await store.PutAsync(name, content, cancellationToken);
        if (isLast(name))
            dead.TrySetResult();
        await DieAsync();
        return written;
    }

    public async Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        await DieAsync();
        return await store.ReadAsync(reference, cancellationToken);
    }

    public async Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        await DieAsync();
        await store.ReadRangeAsync(reference, offset, part, cancellationToken);
    }

    public async Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken)
    {
        await DieAsync();
        return await store.FindAsync(name, cancellationToken);
    }

    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        await DieAsync();
        await store.DeleteAsync(name, cancellationToken);
    }

    // Whoever waits ends as its process does: with its connection.
    private Task DieAsync() =>
        dead.Task.IsCompleted ? Task.FromException(new IOException("the process is dead")) : Task.CompletedTask;
}
