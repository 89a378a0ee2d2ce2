namespace FlDurable.DurableTask.Adapters;

/// <summary>A worker was given what it has no code for. Another try would find the same, so that there is none.</summary>
/// <param name="message">What is missing, and what there is.</param>
internal sealed class NotRegisteredException(string message) : Exception(message);
