namespace FlDurable.Shared.Datasets;

/// <summary>
/// Data that can't be used: missing, damaged, of another form, or out of range. The message is for a person: which file, entry or
/// parameter, what was expected, what to do.
/// </summary>
public class DatasetException(string message, Exception? innerException = null) : Exception(message, innerException);
