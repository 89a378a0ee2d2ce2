namespace FlDurable.Api;

/// <summary>
/// Bounds how many federations are being started at a time, and how long a start may be one of them. Whoever has gone, or has waited that
/// long, is counted no more, even where the loading of his data can't be stopped: hanging starts must not keep all others out for ever.
/// </summary>
internal sealed class LaunchGate(FederationApiOptions options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim free = new(options.MaxLaunches);

    /// <exception cref="TooManyLaunchesException">So many are being started.</exception>
    /// <exception cref="TimeoutException">It took longer than a start may.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async Task<T> PassAsync<T>(Func<CancellationToken, Task<T>> launch, CancellationToken cancellationToken)
    {
        if (!free.Wait(TimeSpan.Zero, CancellationToken.None))
        {
            throw new TooManyLaunchesException(FormattableString.Invariant(
                $"{options.MaxLaunches} federations are being started, and their data loaded: try again when one is"));
        }

        try
        {
            using var patience = new CancellationTokenSource(options.LaunchPatience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
            try
            {
                // On a thread of its own: loading may have no await in it before it hangs.
                return await Task.Run(() => launch(either.Token), either.Token).WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException(FormattableString.Invariant($"the start took longer than {options.LaunchPatience.TotalMinutes:0.#} minutes"));
            }
        }
        finally
        {
            free.Release();
        }
    }

    public void Dispose() => free.Dispose();
}
