namespace FlDurable.Orchestrator.Durable;

/// <summary>
/// An activity or a child orchestration failed. What kind of exception it was is not kept: an orchestrator that must know finds it in the
/// activity's result.
/// </summary>
/// <param name="taskName">The activity's or orchestrator's name.</param>
/// <param name="reason">The failure's message, for a person.</param>
public sealed class TaskFailedException(string taskName, string reason) : Exception($"{taskName} failed: {reason}")
{
    /// <summary>The activity's or orchestrator's name.</summary>
    public string TaskName { get; } = taskName;

    /// <summary>The failure's message, for a person.</summary>
    public string Reason { get; } = reason;
}
