namespace FlDurable.DurableTask.Adapters;

/// <summary>What a worker was given fails as often as it is tried, so that it is not tried again.</summary>
/// <param name="message">Why.</param>
internal sealed class FailedForGoodException(string message) : Exception(message);
