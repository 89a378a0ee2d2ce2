namespace FlDurable.Orchestrator.Durable;

/// <summary>
/// The durable engine, or where it keeps its instances, can't be reached now. Whether what was asked of it is done isn't known: it can be asked again.
/// </summary>
/// <param name="message">What can't be reached, and why; without its connection, which may hold a key.</param>
/// <param name="innerException">What it comes from.</param>
public sealed class EngineUnavailableException(string message, Exception innerException) : Exception(message, innerException);
