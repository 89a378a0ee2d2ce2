using FlDurable.EmbeddedEngine.Histories;

namespace FlDurable.EmbeddedEngine.Turns;

/// <summary>Brings events and those who wait for them together, by name; what comes early is kept in order.</summary>
internal sealed class EventBuffer
{
    private readonly Dictionary<string, TaskCompletionSource<string>> waiters = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<EventRaised> early = [];

    public bool HasWaiters => waiters.Count > 0;

    /// <summary>Events that no one has taken, oldest first.</summary>
    public IReadOnlyList<EventRaised> Unprocessed => early;

    public void Deliver(EventRaised raised)
    {
        if (waiters.Remove(raised.Name, out var waiter))
            waiter.SetResult(raised.Payload);
        else
            early.Add(raised);
    }

    /// <exception cref="InvalidOperationException">Someone is waiting for that event already.</exception>
    public Task<string> WaitFor(string eventName, Action ensureInTurn, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<string>(cancellationToken);
        if (waiters.ContainsKey(eventName))
            throw new InvalidOperationException($"event '{eventName}' is waited for already; an event name has at most one waiter at a time");

        var known = early.FindIndex(raised => string.Equals(raised.Name, eventName, StringComparison.OrdinalIgnoreCase));
        if (known >= 0)
        {
            var payload = early[known].Payload;
            early.RemoveAt(known);
            return Task.FromResult(payload);
        }

        var waiter = new TaskCompletionSource<string>();
        waiters.Add(eventName, waiter);
        cancellationToken.Register(() =>
        {
            ensureInTurn();
            if (waiters.TryGetValue(eventName, out var waiting) && waiting == waiter)
                waiters.Remove(eventName);
            waiter.TrySetCanceled(cancellationToken);
        });
        return waiter.Task;
    }
}
