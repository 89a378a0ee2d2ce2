using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>The threads that all evaluations on central test sets in a process share.</summary>
/// <param name="count">How many, at least 1.</param>
public sealed class EvaluationThreads(int count) : IDisposable
{
    private readonly SemaphoreSlim free = new(count);
    private readonly WorkThreads threads = new();

    /// <inheritdoc/>
    public void Dispose() => free.Dispose();

    internal async Task<T> RunAsync<T>(Func<T> compute, CancellationToken cancellationToken)
    {
        await free.WaitAsync(cancellationToken);
        try
        {
            return await threads.RunAsync(compute, cancellationToken);
        }
        finally
        {
            free.Release();
        }
    }
}
