namespace FlDurable.DurableTask.Hubs;

/// <summary>Something that a node looks at again and again, beside its work, whatever becomes of one look.</summary>
/// <param name="look">Looks; the answer is why the node should end, null to go on.</param>
/// <param name="onFailure">Told why a look came to nothing. What can't be reached now is looked at again.</param>
internal sealed class RepeatedLook(Func<CancellationToken, Task<string?>> look, Action<string> onFailure)
{
    /// <summary>Looks once.</summary>
    /// <returns>Why this node should end; null to go on.</returns>
    public async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await look(cancellationToken);
        }
        catch (Exception exception)
        {
            // Storage and databases have exceptions of their own for what is cancelled.
            if (!cancellationToken.IsCancellationRequested)
                onFailure(exception.Message);
            return null;
        }
    }

    /// <summary>Looks every <see cref="NodeWatch.Interval"/>, until it is cancelled or this node should end.</summary>
    /// <returns>Why it should end; null when it was cancelled.</returns>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(NodeWatch.Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (await TryAsync(cancellationToken) is { } reason)
                    return reason;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is over.
        }

        return null;
    }
}
