namespace FlDurable.Api;

/// <summary>Bounds how many federations are being started at a time.</summary>
internal sealed class LaunchGate(FederationApiOptions options) : IDisposable
{
    private readonly SemaphoreSlim free = new(options.MaxLaunches);

    /// <exception cref="TooManyLaunchesException">So many are being started.</exception>
    public async Task<T> PassAsync<T>(Func<Task<T>> launch)
    {
        if (!free.Wait(TimeSpan.Zero))
        {
            throw new TooManyLaunchesException(FormattableString.Invariant(
                $"{options.MaxLaunches} federations are being started, and their data loaded: try again when one is"));
        }

        try
        {
            return await launch();
        }
        finally
        {
            free.Release();
        }
    }

    public void Dispose() => free.Dispose();
}
