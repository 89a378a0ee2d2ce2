namespace FlDurable.Shared.Failures;

/// <summary>
/// An activity has stopped, or not begun, since nobody waits for its result any more: its orchestration is over, being terminated, or has gone
/// on without it. No failure that anyone needs to be told of, and nothing to try again.
/// </summary>
/// <param name="message">How that is known.</param>
public sealed class WorkNotNeededException(string message) : OperationCanceledException(message);
