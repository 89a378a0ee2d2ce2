using System.Runtime.CompilerServices;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>Reads some artifacts ahead of who takes them, in order: from blob storage a read is mostly waiting.</summary>
internal static class ReadAhead
{
    /// <summary>
    /// Reads under way or waiting to be taken, at most, beside the one that was taken last. Each may be as large as a model, in bytes and as
    /// numbers, so that more would cost memory that a function's plan may not have.
    /// </summary>
    public const int Depth = 4;

    /// <param name="sources">What to read.</param>
    /// <param name="read">Reads one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// What was read, in the order of the sources. When it ends, however it does, no read is under way any more: those that nobody will take
    /// are cancelled.
    /// </returns>
    public static async IAsyncEnumerable<TResult> ReadAheadAsync<TSource, TResult>(
        this IAsyncEnumerable<TSource> sources, Func<TSource, CancellationToken, Task<TResult>> read,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reads = new Queue<Task<TResult>>(Depth);
        using var needed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await foreach (var source in sources.WithCancellation(cancellationToken))
            {
                if (reads.Count == Depth)
                    yield return await reads.Dequeue();
                reads.Enqueue(read(source, needed.Token));
            }

            while (reads.TryDequeue(out var next))
                yield return await next;
        }
        finally
        {
            await needed.CancelAsync();
            Task rest = Task.WhenAll(reads);
            await rest.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
