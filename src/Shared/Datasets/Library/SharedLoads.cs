namespace FlDurable.Shared.Datasets.Library;

/// <summary>
/// One load of a thing at a time, for all who want it. It is cancelled once nobody does any more; until it has ended whoever wants it again
/// waits for that, so that loads that can't be stopped don't pile up.
/// </summary>
/// <typeparam name="TKey">What is loaded.</typeparam>
/// <typeparam name="T">What comes of a load.</typeparam>
internal sealed class SharedLoads<TKey, T>
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, Load> loads = [];

    /// <summary>Waits for a load, and begins it unless somebody has.</summary>
    /// <param name="key">What is loaded.</param>
    /// <param name="load">Loads it.</param>
    /// <param name="progress">Told how far it is, from now on.</param>
    /// <param name="cancellationToken">Ends the wait at once, whatever the load does.</param>
    public async Task<T> GetAsync(
        TKey key, Func<IProgress<DatasetProgress>, CancellationToken, Task<T>> load, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var shared = Join(key, load, progress);
            try
            {
                return await shared.Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (shared.IsGivenUp && !cancellationToken.IsCancellationRequested)
            {
                // Those before had gone when this one came.
            }
            finally
            {
                Leave(shared, progress);
            }
        }
    }

    private Load Join(TKey key, Func<IProgress<DatasetProgress>, CancellationToken, Task<T>> load, IProgress<DatasetProgress>? progress)
    {
        lock (gate)
        {
            if (!loads.TryGetValue(key, out var shared))
            {
                loads.Add(key, shared = new Load());
                shared.Task = RunAsync(key, shared, load);
            }

            shared.Join(progress);
            return shared;
        }
    }

    private void Leave(Load shared, IProgress<DatasetProgress>? progress)
    {
        lock (gate)
            shared.Leave(progress);
    }

    // On a thread of its own: loading may have no await in it before it hangs.
    private Task<T> RunAsync(TKey key, Load shared, Func<IProgress<DatasetProgress>, CancellationToken, Task<T>> load) => Task.Run(
        async () =>
        {
            try
            {
                return await load(shared, shared.Token);
            }
            finally
            {
                lock (gate)
                {
                    loads.Remove(key);
                    shared.Dispose();
                }
            }
        },
        CancellationToken.None);

    /// <summary>A load that is under way, and those who wait for it.</summary>
    private sealed class Load : IProgress<DatasetProgress>, IDisposable
    {
        private readonly CancellationTokenSource cancellation = new();
        private IProgress<DatasetProgress>[] told = [];
        private int waiting;
        private bool isOver;

        public Task<T> Task { get; set; } = null!;

        public CancellationToken Token => cancellation.Token;

        public bool IsGivenUp => cancellation.IsCancellationRequested;

        public void Join(IProgress<DatasetProgress>? progress)
        {
            waiting++;
            if (progress is not null)
                told = [.. told, progress];
        }

        public void Leave(IProgress<DatasetProgress>? progress)
        {
            told = [.. told.Where(other => other != progress)];
            if (--waiting == 0 && !isOver)
                _ = cancellation.CancelAsync(); // what it stops may want the lock that is held
        }

        public void Dispose()
        {
            isOver = true;
            cancellation.Dispose();
        }

        public void Report(DatasetProgress value)
        {
            foreach (var progress in told)
                progress.Report(value);
        }
    }
}
