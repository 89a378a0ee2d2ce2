namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>
/// Waiting activities. Families of instances take turns, so that a large one does not keep the others waiting. Within a family the oldest
/// instance comes first: of thousands of children one after another is brought to its end, and none waits half done for all the others.
/// And what an instance asked for last comes first of its own: it has then no need of what it asked for before, or needs this too.
/// </summary>
internal sealed class FairQueue
{
    private readonly object gate = new();
    private readonly Dictionary<long, PriorityQueue<ActivityWork, Place>> families = [];
    private readonly Queue<long> turns = new();
    private bool closed;

    /// <summary>How many activities wait.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return families.Values.Sum(family => family.Count);
            }
        }
    }

    public void Add(ActivityWork work)
    {
        lock (gate)
        {
            if (!families.TryGetValue(work.Instance.Root, out var family))
            {
                families.Add(work.Instance.Root, family = new PriorityQueue<ActivityWork, Place>());
                turns.Enqueue(work.Instance.Root);
            }

            family.Enqueue(work, Place.Of(work));
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
            while (!closed)
            {
                if (Next() is { } next)
                    return next;
                Monitor.Wait(gate);
            }

            return null;
        }
    }

    /// <summary>Takes the next activity if there is one.</summary>
    public ActivityWork? TryTake()
    {
        lock (gate)
        {
            return Next();
        }
    }

    private ActivityWork? Next()
    {
        if (!turns.TryDequeue(out var root))
            return null;
        var family = families[root];
        var next = family.Dequeue();
        if (family.Count > 0)
            turns.Enqueue(root);
        else
            families.Remove(root);
        return next;
    }

    /// <summary>
    /// Where in its family's queue an activity stands: by its instance's age, then the latest turn's first, those of a turn in their order.
    /// </summary>
    private readonly record struct Place(long Instance, int Execution, int Turn, int Task) : IComparable<Place>
    {
        public static Place Of(ActivityWork work) => new(work.Instance.Key, work.Execution.Number, work.Turn, work.Task);

        public int CompareTo(Place other) => (Instance, Execution, -Turn, Task).CompareTo((other.Instance, other.Execution, -other.Turn, other.Task));
    }
}
