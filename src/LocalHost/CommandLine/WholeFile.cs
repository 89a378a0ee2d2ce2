using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>
/// Writes files aside and gives them their names when all is in them: whoever looks finds the whole of a file, or what was there before it.
/// The properties say what else of a file is kept.
/// </summary>
internal sealed record WholeFile
{
    /// <summary>Files of a state folder: whoever has the folder is the only one who writes them, and they survive a power loss.</summary>
    public static WholeFile OfState { get; } = new() { HasOneWriter = true, Flush = new DiskFlush() };

    /// <summary>Whether what has the name already stays, and the writing fails. Otherwise it is replaced.</summary>
    public bool KeepsOlder { get; init; }

    /// <summary>The permissions that the file has from the start, whatever is usual; null for the usual ones.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>The file whose owner and group it gets; null for those of whoever writes it.</summary>
    public NamedFile? Owner { get; init; }

    /// <summary>Whether nobody else writes the file, so that what a killed writer has left aside is in nobody's use and goes. Otherwise each writer has a name of its own aside.</summary>
    public bool HasOneWriter { get; init; }

    /// <summary>Brings it to the disk; null leaves that to the system, and a power loss may take what was there before too.</summary>
    public IDiskFlush? Flush { get; init; }

    /// <summary>Writes a file, or leaves what was there as it was.</summary>
    /// <returns>Whether it is written: not where it can't have its <see cref="Owner"/>.</returns>
    /// <exception cref="IOException">It can't be written. The message names the file, and not what was written aside.</exception>
    public bool TryWrite(string path, ReadOnlySpan<byte> content)
    {
        var aside = HasOneWriter ? $"{path}.tmp" : $"{path}.{Path.GetRandomFileName()}.tmp";
        var isMade = false;
        try
        {
            if (HasOneWriter)
                File.Delete(aside);
            using (var file = new FileStream(aside, Options()))
            {
                isMade = true;
                if (Owner?.TryOwn(aside) == false)
                    return false;
                if (Mode is { } mode && !OperatingSystem.IsWindows())
                    File.SetUnixFileMode(file.SafeFileHandle, mode); // of what it was made with, the process's mask has taken some away
                file.Write(content);
                Flush?.Content(file);
            }

            File.Move(aside, path, overwrite: !KeepsOlder);
            Flush?.Names(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && exception.Message.Contains(aside, StringComparison.Ordinal))
        {
            throw new IOException(exception.Message.Replace(aside, path, StringComparison.Ordinal), exception);
        }
        finally
        {
            if (isMade)
                File.Delete(aside);
        }
    }

    private FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (Mode is { } mode && !OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        return options;
    }
}

/// <summary>Brings what was written to the disk, in two steps.</summary>
internal interface IDiskFlush
{
    /// <summary>The content of a file that has not got its name yet.</summary>
    void Content(FileStream file);

    /// <summary>Which names a folder has, and for what.</summary>
    void Names(string folder);
}

/// <summary>The steps as this machine's file system does them.</summary>
internal sealed class DiskFlush : IDiskFlush
{
    public void Content(FileStream file) => file.Flush(flushToDisk: true);

    public void Names(string folder) => DurableFolder.Flush(folder);
}
