namespace FlDurable.Orchestrator.Durable;

/// <summary>
/// The version of the orchestrators in this build. It changes when a history written by older code would replay differently. An instance
/// started by another version is refused or taken over, never replayed by code that differs.
/// </summary>
/// <param name="Value">The version.</param>
public sealed record OrchestrationVersion(string Value)
{
    /// <summary>
    /// The older versions whose instances are taken over: one that a host started begins its execution anew under this version, from the input that
    /// the execution had; its children are ended, and nobody gets their results. So this code must understand the inputs of those
    /// versions, find done what they have done, and give its children other ids.
    /// </summary>
    public IReadOnlyList<string> TakesOver { get; init; } = [];

    /// <summary>Whether instances of a version are taken over.</summary>
    public bool CanTakeOver(string version) => TakesOver.Contains(version, StringComparer.Ordinal);
}
