namespace FlDurable.Shared.Storage;

/// <summary>
/// Threads apart from the pool, which stays free for everything that waits: what computes long, or may wait long for a disk, has one of its own
/// while it runs. Who ends is kept for the next for a while, as a small client's work takes little longer than to begin a thread.
/// </summary>
public sealed class WorkThreads : TaskScheduler
{
    /// <summary>After how long without work a thread ends.</summary>
    internal static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly Stack<Worker> idle = [];
    private readonly TimeSpan keptFor;

    /// <summary>None yet.</summary>
    public WorkThreads()
        : this(KeptFor)
    {
    }

    internal WorkThreads(TimeSpan keptFor) => this.keptFor = keptFor;

    /// <summary>
    /// Computes on a thread of these. Who is cancelled waits no longer, whether or not the computation listens; what it still computes, nobody looks at.
    /// </summary>
    /// <param name="compute">The computation.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<T> RunAsync<T>(Func<T> compute, CancellationToken cancellationToken) => Begin(compute, cancellationToken).WaitAsync(cancellationToken);

    /// <summary>Begins what is asynchronous on a thread of these; after its first wait it goes on in the pool.</summary>
    /// <param name="work">The work.</param>
    public Task<T> BeginAsync<T>(Func<Task<T>> work) => Begin(work, CancellationToken.None).Unwrap();

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        Worker? worker;
        lock (gate)
            idle.TryPop(out worker);
        if (worker is null)
            Worker.Start(this, task);
        else
            worker.Give(task);
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => []; // each has begun

    private Task<T> Begin<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.HideScheduler, this);

    /// <summary>Whether a worker is nobody's, and gone.</summary>
    private bool TryEnd(Worker worker)
    {
        lock (gate)
        {
            if (!idle.Contains(worker))
                return false;
            var others = idle.Where(other => other != worker).Reverse().ToList();
            idle.Clear();
            others.ForEach(idle.Push);
            return true;
        }
    }

    /// <summary>A thread, and what it is to do.</summary>
    private sealed class Worker(WorkThreads threads, Task first)
    {
        private readonly object signal = new();
        private Task? next = first;

        public static void Start(WorkThreads threads, Task first) =>
            new Thread(new Worker(threads, first).Run) { IsBackground = true, Name = "client work" }.Start();

        public void Give(Task task)
        {
            lock (signal)
            {
                next = task;
                Monitor.Pulse(signal);
            }
        }

        private void Run()
        {
            while (Take() is { } task)
            {
                threads.TryExecuteTask(task);
                lock (threads.gate)
                    threads.idle.Push(this);
            }
        }

        /// <summary>The next task; null once there was none for long.</summary>
        private Task? Take()
        {
            lock (signal)
            {
                while (next is null)
                {
                    if (!Monitor.Wait(signal, threads.keptFor) && next is null && threads.TryEnd(this))
                        return null;
                }

                var task = next;
                next = null;
                return task;
            }
        }
    }
}
