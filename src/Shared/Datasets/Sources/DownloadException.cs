namespace FlDurable.Shared.Datasets.Sources;

/// <summary>A file can't be had from the network now.</summary>
internal sealed class DownloadException(string message, Exception? innerException = null) : DatasetException(message, innerException);
