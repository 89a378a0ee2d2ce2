namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A folder or an archive as a sequence of files, which can be gone through more than once.</summary>
internal abstract class FileContainer
{
    private protected FileContainer(string path) => Path = path;

    /// <summary>The folder's or archive's full path.</summary>
    public string Path { get; }

    /// <summary>Opens a folder, a .zip, a .tar.gz or a .tar: content decides, not the ending.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="followsLinks">Whether in a folder links are followed that lead to what is in it.</param>
    /// <exception cref="DatasetException">There is nothing there, or something else.</exception>
    public static FileContainer Open(string path, bool followsLinks = false)
    {
        var full = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(full))
            return new FolderContainer(full, followsLinks);
        return ArchiveKinds.Of(full) switch
        {
            ArchiveKind.Zip => new ZipContainer(full),
            ArchiveKind.Tar => new TarContainer(full),
            var other => throw new InvalidOperationException($"no container for {other}"),
        };
    }

    /// <summary>Its files, in its own order. Folders are left out.</summary>
    /// <param name="cancellationToken">Ends it at the next piece that is read, also within a file.</param>
    /// <exception cref="DatasetException">It is damaged, too large, or holds what is no file or has a refused name.</exception>
    public IEnumerable<ContainedFile> Files(CancellationToken cancellationToken)
    {
        var entries = 0;
        var (total, names) = (0L, 0L);
        foreach (var file in Enumerate(cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++entries > DatasetLimits.MaxEntries)
                throw new DatasetException(FormattableString.Invariant($"{Path}: more than {DatasetLimits.MaxEntries:N0} files"));
            names += file.Name.Length;
            if (names > DatasetLimits.MaxNamesLength)
                throw new DatasetException(FormattableString.Invariant($"{Path}: the names of its files have more than {DatasetLimits.MaxNamesLength:N0} characters"));
            if (file.Length < 0 || (total += file.Length) > DatasetLimits.MaxTotalLength)
            {
                throw new DatasetException(FormattableString.Invariant(
                    $"{file.Place}: {file.Length:N0} bytes; all files together may have {DatasetLimits.MaxTotalLength:N0} unpacked"));
            }

            yield return file;
        }
    }

    /// <summary>The SHA-256 of what decides the files' names and contents.</summary>
    /// <exception cref="DatasetException">It can't be read.</exception>
    public abstract string ContentSha256(CancellationToken cancellationToken);

    private protected abstract IEnumerable<ContainedFile> Enumerate(CancellationToken cancellationToken);

    /// <summary>Does what may find the container damaged.</summary>
    private protected T Guarded<T>(Func<T> action, string after = "")
    {
        try
        {
            return action();
        }
        catch (InvalidDataException exception)
        {
            throw Failed(DamageOf(exception), exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed($"can't be read: {FileFailure.Describe(exception)}", exception);
        }
        catch (Exception exception) when (exception is not (DatasetException or OperationCanceledException or OutOfMemoryException))
        {
            // Libraries that read archives end in exceptions of many types on damaged ones.
            throw Failed("truncated or damaged", exception);
        }

        DatasetException Failed(string what, Exception exception)
        {
            var place = after.Length == 0 ? Path : $"{Path} (after {EntryName.Printable(after)})";
            return new DatasetException($"{place}: {what}", exception);
        }
    }

    /// <summary>What is wrong with a container, for people.</summary>
    private protected virtual string DamageOf(InvalidDataException exception) => "truncated or damaged. Get the file again.";
}
