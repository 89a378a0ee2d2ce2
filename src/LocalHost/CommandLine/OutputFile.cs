namespace FlDurable.LocalHost.CommandLine;

/// <summary>Files that commands write: whole, or not at all.</summary>
internal static class OutputFile
{
    /// <exception cref="UsageException">It can't be written.</exception>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            var whole = Path.GetFullPath(path);
            var aside = $"{whole}.{Environment.ProcessId}.tmp";
            try
            {
                await File.WriteAllBytesAsync(aside, content, cancellationToken);
                File.Move(aside, whole, overwrite: true);
            }
            finally
            {
                File.Delete(aside);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--out: '{path}' can't be written: {exception.Message}", exception);
        }
    }
}
