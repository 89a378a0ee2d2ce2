namespace FlDurable.EmbeddedEngine;

/// <summary>A state folder can't be used: another process has it, another version wrote it, or it can't be written. The message says which.</summary>
/// <param name="message">What is wrong with which folder, and what to do.</param>
/// <param name="innerException">The cause.</param>
public sealed class StateFolderException(string message, Exception? innerException = null) : Exception(message, innerException);
