namespace FlDurable.Shared.Checkpoints;

/// <summary>A file that parameters can't be taken from. The message says what is wrong with it and what to do, not which file it is.</summary>
public sealed class CheckpointException(string message, Exception? innerException = null) : Exception(message, innerException);
