namespace FlDurable.Shared.Storage;

/// <summary>The steps as this machine's file system does them.</summary>
internal sealed class DurableFiles : IDurableFiles
{
    /// <summary>Up to this length a file is written or read on the caller's thread: to hand it to another takes longer.</summary>
    public const int MostAtOnce = 256 << 10;

    private readonly FolderFlushes folders = new(DurableFolder.Flush);

    public ValueTask WriteAsync(FileStream file, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.Length > MostAtOnce)
            return file.WriteAsync(content, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        file.Write(content.Span);
        return ValueTask.CompletedTask;
    }

    public void Flush(FileStream file, string path) => file.Flush(flushToDisk: true);

    public bool TryName(string file, string name) => FirstWriter.TryName(file, name);

    public void FlushEntry(string path) => folders.Flush(Path.GetDirectoryName(path) ?? path);
}
