namespace FlDurable.LocalHost.CommandLine;

/// <summary>A file that the user names, read whole. It may be a pipe or a device, which have no length and may never end.</summary>
internal static class InputFile
{
    /// <param name="path">Its name.</param>
    /// <param name="mostBytes">How many are of use.</param>
    /// <param name="cancellationToken">Stops the reading, also that of a pipe that nobody writes to.</param>
    /// <returns>Its content; where that is longer, one byte more than <paramref name="mostBytes"/>.</returns>
    public static Task<byte[]> ReadAsync(string path, int mostBytes, CancellationToken cancellationToken) =>
        // Opening a pipe waits for its writer, and can't be called off but by leaving it.
        Task.Run(() => Read(path, mostBytes), CancellationToken.None).WaitAsync(cancellationToken);

    /// <summary>Why it can't be read, in words that don't name the program's own calls.</summary>
    public static string Describe(Exception exception, string path) => exception switch
    {
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => $"there is no folder '{Path.GetDirectoryName(Path.GetFullPath(path))}'",
        UnauthorizedAccessException => "this user has no right to it",
        _ => exception.Message,
    };

    private static byte[] Read(string path, int mostBytes)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (content.Length <= mostBytes && file.Read(buffer, 0, (int)Math.Min(buffer.Length, mostBytes + 1L - content.Length)) is > 0 and var read)
            content.Write(buffer, 0, read);
        return content.ToArray();
    }
}
