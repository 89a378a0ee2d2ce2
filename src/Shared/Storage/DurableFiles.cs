namespace FlDurable.Shared.Storage;

/// <summary>The steps as this machine's file system does them.</summary>
internal sealed class DurableFiles : IDurableFiles
{
    public ValueTask WriteAsync(FileStream file, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        file.WriteAsync(content, cancellationToken);

    public void Flush(FileStream file, string path) => file.Flush(flushToDisk: true);

    public bool TryName(string file, string name) => FirstWriter.TryName(file, name);

    public void FlushEntry(string path) => DurableFolder.Flush(Path.GetDirectoryName(path) ?? path);
}
