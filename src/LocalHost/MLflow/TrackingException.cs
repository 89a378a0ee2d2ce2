namespace FlDurable.LocalHost.MLflow;

/// <summary>A tracking server does not answer, or not with what was asked for. The message says which call, and what to do.</summary>
internal sealed class TrackingException(string message, Exception? inner = null) : Exception(message, inner);
