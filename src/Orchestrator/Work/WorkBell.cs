namespace FlDurable.Orchestrator.Work;

/// <summary>Wakes those of this process who wait for work when some is offered. Whoever misses it looks again by and by.</summary>
public sealed class WorkBell
{
    private volatile TaskCompletionSource next = New();

    /// <summary>Completes when the bell rings next.</summary>
    public Task Next => next.Task;

    /// <summary>Rings.</summary>
    public void Ring() => Interlocked.Exchange(ref next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
