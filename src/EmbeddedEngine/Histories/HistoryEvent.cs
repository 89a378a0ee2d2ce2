namespace FlDurable.EmbeddedEngine.Histories;

/// <summary>One entry of an instance's history. A history is what arrived, when turns took it, and what the orchestrator decided then.</summary>
internal abstract record HistoryEvent;

/// <summary>Something that came from outside the orchestrator's code and wakes it.</summary>
internal abstract record Arrival : HistoryEvent;

/// <summary>Something that the orchestrator's code asked for; replaying must ask for it again, in the same order.</summary>
/// <param name="Task">The number of the task within its execution, from 0.</param>
internal abstract record Decision(int Task) : HistoryEvent;

/// <summary>An execution began.</summary>
internal sealed record ExecutionStarted(string Input) : Arrival;

/// <summary>An activity or a child succeeded.</summary>
internal sealed record TaskCompleted(int Task, string Output) : Arrival;

/// <summary>An activity or a child failed.</summary>
internal sealed record TaskFailed(int Task, string Reason) : Arrival;

/// <summary>An activity failed, and would however often it is tried: it is not retried.</summary>
internal sealed record ActivityFailedForGood(int Task, string Reason) : Arrival;

/// <summary>A timer's time came.</summary>
internal sealed record TimerFired(int Task) : Arrival;

/// <summary>An event was raised.</summary>
internal sealed record EventRaised(string Name, string Payload) : Arrival;

/// <summary>A turn took everything that had arrived since the turn before; its decisions follow.</summary>
/// <param name="At">The turn's time, in UTC.</param>
internal sealed record TurnStarted(DateTime At) : HistoryEvent;

/// <summary>An activity is to be run.</summary>
internal sealed record ActivityScheduled(int Task, string Name, string Input) : Decision(Task);

/// <summary>A child orchestration is to be run.</summary>
internal sealed record ChildStarted(int Task, string Name, string InstanceId, string Input) : Decision(Task);

/// <summary>A timer is to fire.</summary>
/// <param name="Task">The task.</param>
/// <param name="FireAt">The date.</param>
/// <param name="Wait">For a wait, which goes by the time that elapses: how long it is; null where the date is what is meant.</param>
internal sealed record TimerCreated(int Task, DateTime FireAt, TimeSpan? Wait = null) : Decision(Task);

/// <summary>A timer is no longer to fire.</summary>
internal sealed record TimerCancelled(int Task) : Decision(Task);
