namespace FlDurable.Orchestrator.Aggregation;

/// <summary>Reads some artifacts ahead of who takes them, in order: from blob storage a read is mostly waiting.</summary>
internal static class ReadAhead
{
    /// <summary>Reads under way or waiting to be taken, at most; each may be as large as a model.</summary>
    public const int Depth = 4;

    /// <param name="sources">What to read.</param>
    /// <param name="read">Reads one.</param>
    /// <returns>What was read, in the order of the sources. When it ends, however it does, no read is under way any more.</returns>
    public static async IAsyncEnumerable<TResult> ReadAheadAsync<TSource, TResult>(
        this IAsyncEnumerable<TSource> sources, Func<TSource, Task<TResult>> read)
    {
        var reads = new Queue<Task<TResult>>(Depth);
        try
        {
            await foreach (var source in sources)
            {
                if (reads.Count == Depth)
                    yield return await reads.Dequeue();
                reads.Enqueue(read(source));
            }

            while (reads.TryDequeue(out var next))
                yield return await next;
        }
        finally
        {
            await ((Task)Task.WhenAll(reads)).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
