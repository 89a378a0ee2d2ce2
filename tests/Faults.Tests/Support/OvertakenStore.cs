using FlDurable.Shared.Storage;

namespace FlDurable.Faults.Tests.Support;

/// <summary>A store between two of whose calls others do something: whoever makes the calls is slow.</summary>
internal sealed class OvertakenStore(IArtifactStore inner) : IArtifactStore
{
    private readonly AsyncLocal<Slowness?> slowness = new();

    /// <summary>Does something, and lets others come first before one of its calls.</summary>
    /// <param name="call">Before which, from 1.</param>
    /// <param name="others">What they do.</param>
    /// <param name="slow">What is overtaken.</param>
    /// <returns>Whether there was such a call.</returns>
    public async Task<bool> OvertakeAsync(int call, Func<Task> others, Func<Task> slow)
    {
        var mine = new Slowness(call, others);
        slowness.Value = mine;
        await slow();
        return mine.Calls >= call;
    }

    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        CallAsync(() => inner.PutAsync(name, content, cancellationToken));

    public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) =>
        CallAsync(() => inner.ReadAsync(reference, cancellationToken));

    public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) =>
        inner.ReadRangeAsync(reference, offset, part, cancellationToken);

    public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) =>
        CallAsync(() => inner.FindAsync(name, cancellationToken));

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        await inner.DeleteAsync(name, cancellationToken);
        return true;
    });

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        if (slowness.Value is { } mine && Interlocked.Increment(ref mine.Calls) == mine.Call)
        {
            slowness.Value = null; // in what the others do
            await mine.Others();
        }

        return await call();
    }

    private sealed class Slowness(int call, Func<Task> others)
    {
        public int Calls;

        public int Call => call;

        public Func<Task> Others => others;
    }
}
