namespace FlDurable.LocalHost.CommandLine;

/// <summary>What was asked for can't be done. The message is one line for a person: which option or file, and what was expected.</summary>
internal class UsageException(string message, Exception? innerException = null) : Exception(message, innerException);
