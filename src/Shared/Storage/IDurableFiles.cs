namespace FlDurable.Shared.Storage;

/// <summary>
/// The steps by which a file comes to survive a power loss, in their order. Whoever tests what a crash or a full disk leaves behind puts
/// something of its own in between.
/// </summary>
internal interface IDurableFiles
{
    /// <summary>Writes a file's content, which may stay in the kernel's memory.</summary>
    /// <param name="file">The file, still without its name.</param>
    /// <param name="path">The name that it is to get.</param>
    /// <param name="content">All of its content.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    ValueTask WriteAsync(FileStream file, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Brings a file's content to the disk.</summary>
    /// <param name="file">The file, still without its name.</param>
    /// <param name="path">The name that it is to get.</param>
    void Flush(FileStream file, string path);

    /// <inheritdoc cref="FirstWriter.TryName"/>
    bool TryName(string file, string name);

    /// <summary>Brings a name to the disk: the entry of a file or folder in the folder that holds it.</summary>
    void FlushEntry(string path);
}
