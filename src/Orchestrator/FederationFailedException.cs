namespace FlDurable.Orchestrator;

/// <summary>A federation can't go on. Its finished rounds and the reason are in its result.</summary>
public sealed class FederationFailedException(string reason) : Exception(reason);
