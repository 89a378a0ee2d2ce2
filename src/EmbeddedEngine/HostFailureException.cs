namespace FlDurable.EmbeddedEngine;

/// <summary>
/// The engine has stopped, since the host could not do its part of an activity: its disk is full, say, or what the activity needs is gone.
/// No instance has failed by it; each goes on when an engine is started again.
/// </summary>
/// <param name="activity">The activity's name.</param>
/// <param name="instanceId">Whose it is.</param>
/// <param name="reason">What was wrong.</param>
public sealed class HostFailureException(string activity, string instanceId, string reason)
    : Exception($"{activity} of {instanceId} can't be done now: {reason}");
