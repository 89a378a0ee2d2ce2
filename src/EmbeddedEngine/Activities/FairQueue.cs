namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>Waiting activities. Families of instances take turns, so that a large one does not keep the others waiting.</summary>
internal sealed class FairQueue
{
    private readonly object gate = new();
    private readonly Dictionary<long, Queue<ActivityWork>> families = [];
    private readonly Queue<long> turns = new();
    private bool closed;

    public void Add(ActivityWork work)
    {
        lock (gate)
        {
            if (!families.TryGetValue(work.Instance.Root, out var family))
            {
                families.Add(work.Instance.Root, family = new Queue<ActivityWork>());
                turns.Enqueue(work.Instance.Root);
            }

            family.Enqueue(work);
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Gives nothing out any more.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits for the next activity.</summary>
    /// <returns>Null once the queue is closed.</returns>
    public ActivityWork? Take()
    {
        lock (gate)
        {
            while (turns.Count == 0 && !closed)
                Monitor.Wait(gate);
            return closed ? null : Next();
        }
    }

    private ActivityWork Next()
    {
        var root = turns.Dequeue();
        var family = families[root];
        var work = family.Dequeue();
        if (family.Count > 0)
            turns.Enqueue(root);
        else
            families.Remove(root);
        return work;
    }
}
