namespace FlDurable.DurableTask.Adapters;

/// <summary>
/// Lets one start of an id through at a time, so that of several at once in this process one starts it and the others find it started.
/// Between processes the back end decides.
/// </summary>
internal sealed class StartGates
{
    // Ids share gates: few enough to keep them all, enough that starts of different ids seldom wait for each other.
    private readonly SemaphoreSlim[] gates = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    /// <returns>To be disposed of when the start is made.</returns>
    public async Task<IDisposable> EnterAsync(string instanceId, CancellationToken cancellationToken)
    {
        var gate = gates[(uint)StringComparer.Ordinal.GetHashCode(instanceId) % gates.Length];
        await gate.WaitAsync(cancellationToken);
        return new Passage(gate);
    }

    private sealed class Passage(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
