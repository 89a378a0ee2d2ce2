namespace FlDurable.DurableTask.Hubs;

/// <summary>A task hub can't be used as it was asked for.</summary>
/// <param name="message">Why, and what was expected; without the connection, which may hold a key.</param>
public sealed class TaskHubException(string message) : Exception(message);
