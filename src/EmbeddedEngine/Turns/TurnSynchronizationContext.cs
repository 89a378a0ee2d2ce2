namespace FlDurable.EmbeddedEngine.Turns;

/// <summary>
/// Where an orchestrator's code goes on after an await: on the engine's thread, within the turn, in order. Code that turns up from
/// elsewhere awaited something that is not its context's, and is not let in.
/// </summary>
internal sealed class TurnSynchronizationContext(Action onForeignContinuation) : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> continuations = new();
    private int turnThread;

    /// <exception cref="InvalidOperationException">The caller is not the orchestrator's code within its turn.</exception>
    public void EnsureInTurn()
    {
        if (turnThread == Environment.CurrentManagedThreadId && Current == this)
            return;
        onForeignContinuation();
        throw new InvalidOperationException("an orchestrator uses its context only within its turns");
    }

    /// <summary>Runs a step of the turn and all that follows from it.</summary>
    public void Run(Action step)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        turnThread = Environment.CurrentManagedThreadId;
        try
        {
            step();
            while (continuations.TryDequeue(out var next))
                next.Callback(next.State);
        }
        finally
        {
            turnThread = 0;
            SetSynchronizationContext(outer);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (turnThread == Environment.CurrentManagedThreadId)
            continuations.Enqueue((d, state));
        else
            onForeignContinuation();
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("orchestrator code is never run from another thread");

    public override SynchronizationContext CreateCopy() => this;
}
