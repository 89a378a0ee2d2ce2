namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>
/// Keeps an activity on its own thread, also after an await: it may compute for minutes there without taking a thread from the
/// pool that everything else in the host lives on.
/// </summary>
internal sealed class ActivitySynchronizationContext : SynchronizationContext
{
    private readonly Mailbox<Action> continuations = new();

    /// <summary>Runs an activity to its end on the calling thread.</summary>
    public static T Run<T>(Func<Task<T>> activity)
    {
        var outer = Current;
        var context = new ActivitySynchronizationContext();
        SetSynchronizationContext(context);
        try
        {
            return context.RunToEnd(activity());
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        // What an activity started without awaiting it may outlive the activity.
        if (!continuations.TryPost(() => d(state)))
            ThreadPool.QueueUserWorkItem(_ => d(state));
    }

    private T RunToEnd<T>(Task<T> activity)
    {
        if (!activity.IsCompleted)
        {
            activity.ContinueWith(
                _ => continuations.Close(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            while (continuations.TakeAll() is { Count: > 0 } batch)
            {
                foreach (var continuation in batch)
                    continuation();
            }
        }

        return activity.GetAwaiter().GetResult();
    }
}
