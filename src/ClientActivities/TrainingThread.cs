namespace FlDurable.ClientActivities;

/// <summary>
/// Runs long computations on threads of their own, so that the thread pool stays free for everything that waits. Who is cancelled waits
/// no longer, whether or not the computation listens; what it still computes, nobody looks at.
/// </summary>
internal static class TrainingThread
{
    public static Task<T> RunAsync<T>(Func<T> compute, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(compute, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .WaitAsync(cancellationToken);
}
