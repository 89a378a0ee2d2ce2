namespace FlDurable.Orchestrator.Durable;

/// <summary>
/// The version of the orchestrators in this build. It changes when a history written by older code would replay differently. An instance
/// started by another version is refused, never replayed by code that differs.
/// </summary>
/// <param name="Value">The version.</param>
public sealed record OrchestrationVersion(string Value);
