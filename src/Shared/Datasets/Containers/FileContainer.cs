namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A folder or an archive as a sequence of files, which can be gone through more than once.</summary>
internal abstract class FileContainer
{
    private protected FileContainer(string path) => Path = path;

    /// <summary>The folder's or archive's full path.</summary>
    public string Path { get; }

    /// <summary>Opens a folder, a .zip or a .tar.gz.</summary>
    /// <exception cref="DatasetException">There is nothing there, or something else.</exception>
    public static FileContainer Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(full))
            return new FolderContainer(full);
        if (!File.Exists(full))
            throw new DatasetException($"{full}: no such file or folder");
        if (full.EndsWith(".zip", StringComparison.OrdinalIgnoreCase))
            return new ZipContainer(full);
        if (full.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase) || full.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase))
            return new TarGzContainer(full);
        throw new DatasetException($"{full}: expected a folder, a .zip, a .tar.gz or a .tgz");
    }

    /// <summary>Its files, in its own order. Folders are left out.</summary>
    /// <exception cref="DatasetException">It is damaged, too large, or holds what is no file or has a refused name.</exception>
    public IEnumerable<ContainedFile> Files()
    {
        var entries = 0;
        var total = 0L;
        foreach (var file in Enumerate())
        {
            if (++entries > DatasetLimits.MaxEntries)
                throw new DatasetException(FormattableString.Invariant($"{Path}: more than {DatasetLimits.MaxEntries:N0} files"));
            total += file.Length;
            if (total > DatasetLimits.MaxTotalLength)
            {
                throw new DatasetException(FormattableString.Invariant(
                    $"{file.Place}: with it there are more than {DatasetLimits.MaxTotalLength:N0} bytes unpacked, which is too much"));
            }

            yield return file;
        }
    }

    /// <summary>The SHA-256 of what decides the files' names and contents.</summary>
    /// <exception cref="DatasetException">It can't be read.</exception>
    public abstract string ContentSha256(CancellationToken cancellationToken);

    private protected abstract IEnumerable<ContainedFile> Enumerate();

    /// <summary>Does what may find the container damaged.</summary>
    private protected T Guarded<T>(Func<T> action, string after = "")
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (
            exception is IOException or InvalidDataException or FormatException or ArgumentException or UnauthorizedAccessException)
        {
            var place = after.Length == 0 ? Path : $"{Path} (after {EntryName.Printable(after)})";
            throw new DatasetException($"{place}: truncated, damaged or unreadable: {exception.Message}", exception);
        }
    }
}
