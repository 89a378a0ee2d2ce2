namespace FlDurable.Api;

/// <summary>
/// Bounds how many federations are being started at a time, and how long a start may be one of them. Whoever has gone, or has waited that
/// long, makes room for the next: hanging starts must not keep all others out. Where the loading of his data can't be stopped it holds memory
/// and a thread all the same, so that of such loads, too, there are only so many.
/// </summary>
internal sealed class LaunchGate(FederationApiOptions options, TimeProvider time)
{
    private readonly Lock counting = new();
    private int awaited;
    private int loading;

    /// <exception cref="TooManyLaunchesException">So many are being started, or are still loading though nobody waits for them.</exception>
    /// <exception cref="TimeoutException">It took longer than a start may.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async Task<T> PassAsync<T>(Func<CancellationToken, Task<T>> launch, CancellationToken cancellationToken)
    {
        Enter();
        try
        {
            using var patience = new CancellationTokenSource(options.LaunchPatience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
            try
            {
                return await LoadAsync(launch, either.Token).WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException(FormattableString.Invariant($"the start took longer than {options.LaunchPatience.TotalMinutes:0.#} minutes"));
            }
        }
        finally
        {
            lock (counting)
                awaited--;
        }
    }

    private void Enter()
    {
        lock (counting)
        {
            if (awaited == options.MaxLaunches)
            {
                throw new TooManyLaunchesException(FormattableString.Invariant(
                    $"{options.MaxLaunches} federations are being started, and their data loaded: try again when one is"));
            }

            if (loading == options.MaxLaunches + options.MaxAbandonedLaunches)
            {
                throw new TooManyLaunchesException(FormattableString.Invariant(
                    $"the data of {loading} federations is being loaded, for some of which nobody waits any more: try again when one is done"));
            }

            awaited++;
            loading++;
        }
    }

    // On a thread of its own: loading may have no await in it before it hangs.
    private Task<T> LoadAsync<T>(Func<CancellationToken, Task<T>> launch, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            try
            {
                return await launch(cancellationToken);
            }
            finally
            {
                lock (counting)
                    loading--;
            }
        },
        CancellationToken.None);
}
