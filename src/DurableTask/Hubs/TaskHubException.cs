namespace FlDurable.DurableTask.Hubs;

/// <summary>A task hub can't be used as it was asked for, or can't be reached.</summary>
/// <param name="message">Why, and what was expected; without the connection, which may hold a key.</param>
/// <param name="innerException">What it comes from; null if it has no cause, or one that may repeat the connection.</param>
public sealed class TaskHubException(string message, Exception? innerException = null) : Exception(message, innerException);
