namespace FlDurable.Worker;

/// <summary>A worker's slots, each of which does one piece of work at a time.</summary>
internal static class WorkerSlots
{
    /// <summary>Runs them. The first that ends, ends the others: each gives back what it has.</summary>
    /// <param name="count">How many.</param>
    /// <param name="once">Whether each ends after one piece of work.</param>
    /// <param name="run">Runs one.</param>
    /// <param name="cancellationToken">Stops all.</param>
    public static async Task RunAsync(int count, bool once, Func<int, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var slots = Enumerable.Range(0, count).Select(number => run(number, stop.Token)).ToList();
        var first = await Task.WhenAny(slots);
        if (!(once && first.IsCompletedSuccessfully))
            await stop.CancelAsync();
        try
        {
            await Task.WhenAll(slots);
        }
        catch (OperationCanceledException) when (first.IsFaulted)
        {
            // What the first ended with is what counts.
        }

        await first;
    }
}
