namespace FlDurable.Shared.Storage;

/// <summary>The steps of others, but for those that bring anything to the disk: of what need not survive a power loss.</summary>
/// <param name="files">The steps.</param>
internal sealed class UnflushedFiles(IDurableFiles files) : IDurableFiles
{
    public ValueTask WriteAsync(FileStream file, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        files.WriteAsync(file, path, content, cancellationToken);

    public void Flush(FileStream file, string path)
    {
    }

    public bool TryName(string file, string name) => files.TryName(file, name);

    public void FlushEntry(string path)
    {
    }
}
