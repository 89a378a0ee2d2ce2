using FlDurable.Shared.Datasets.Images;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>The kinds of archives that are read.</summary>
internal enum ArchiveKind
{
    Zip,
    Tar,
}

/// <summary>Kinds of archives by their first bytes: a name's ending may be anything.</summary>
internal static class ArchiveKinds
{
    private const string Expected = "expected a folder, a .zip, a .tar.gz or a .tar";

    /// <summary>Which kind a file is.</summary>
    /// <exception cref="DatasetException">There is no file, or one of another kind.</exception>
    public static ArchiveKind Of(string path)
    {
        Span<byte> start = stackalloc byte[TarHeader.BlockLength];
        try
        {
            start = start[..ReadStart(path, start)];
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DatasetException($"{path}: no such file or folder", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: can't be read: {FileFailure.Describe(exception)}", exception);
        }

        if (start.StartsWith(ZipContainer.Signature))
            return ArchiveKind.Zip;
        if (start.StartsWith(GzipContent.Signature) || (start.Length == TarHeader.BlockLength && TarHeader.HasChecksum(start)))
            return ArchiveKind.Tar;
        throw new DatasetException($"{path}: {Describe(start)}; {Expected}");
    }

    private static int ReadStart(string path, Span<byte> start)
    {
        var file = new FileInfo(path);
        if (file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
            file = target;

        // What has no bytes isn't opened: it may be a pipe, and opening one waits for whoever writes to it.
        if (file.Length == 0)
            return 0;
        using var stream = file.OpenRead();
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
    }

    private static string Describe(ReadOnlySpan<byte> start)
    {
        if (start.IsEmpty)
            return "an empty file, a pipe or a device";
        if (start.StartsWith("PK\x5\x6"u8))
            return "a .zip without files";
        if (start.StartsWith("PK"u8))
            return "a part of a .zip";
        if (start.StartsWith("Rar!"u8))
            return "a RAR archive";
        if (start.StartsWith((ReadOnlySpan<byte>)[(byte)'7', (byte)'z', 0xBC, 0xAF]))
            return "a 7z archive";
        if (start.StartsWith("BZh"u8))
            return "packed by bzip2";
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z']))
            return "packed by xz";
        if (start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]))
            return "packed by Zstandard";
        if (ImageKinds.Of(start) != ImageKind.Other)
            return "a single image";
        var isEmptyTar = start.Length == TarHeader.BlockLength && !start.ContainsAnyExcept((byte)0);
        return isEmptyTar ? "a tar archive without files" : ImageKinds.Describe(start);
    }
}
