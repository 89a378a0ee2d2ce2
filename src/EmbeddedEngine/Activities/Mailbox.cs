namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>Messages from any thread for one that takes all that are there at once.</summary>
/// <typeparam name="T">A message.</typeparam>
internal sealed class Mailbox<T>
{
    private readonly object gate = new();
    private List<T> waiting = [];
    private bool closed;

    public bool IsEmpty
    {
        get
        {
            lock (gate)
                return waiting.Count == 0;
        }
    }

    /// <summary>Leaves a message.</summary>
    /// <returns>False when the mailbox is closed: nobody will read it.</returns>
    public bool TryPost(T message)
    {
        lock (gate)
        {
            if (closed)
                return false;
            waiting.Add(message);
            Monitor.Pulse(gate);
            return true;
        }
    }

    /// <summary>Lets what is there be the last.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Waits for messages.</summary>
    /// <returns>At least one, in the order in which they came; none once the mailbox is closed and empty.</returns>
    public IReadOnlyList<T> TakeAll()
    {
        lock (gate)
        {
            while (waiting.Count == 0 && !closed)
                Monitor.Wait(gate);
            var all = waiting;
            waiting = [];
            return all;
        }
    }
}
