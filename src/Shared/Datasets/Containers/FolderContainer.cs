using System.Buffers.Binary;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A folder and all that is below it.</summary>
/// <param name="path">Its full path.</param>
/// <param name="followsLinks">Whether links are followed that lead to what is below it; otherwise they are refused.</param>
internal sealed class FolderContainer(string path, bool followsLinks) : FileContainer(path)
{
    private const string LinksField = "links: within";

    /// <inheritdoc/>
    public override string ContentSha256(CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> lengths = stackalloc byte[12];
        foreach (var file in Files(cancellationToken).OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            var name = Encoding.UTF8.GetBytes(file.Name);
            BinaryPrimitives.WriteInt32LittleEndian(lengths, name.Length);
            BinaryPrimitives.WriteInt64LittleEndian(lengths[4..], file.Length);
            hash.AppendData(lengths);
            hash.AppendData(name);
            file.HashInto(hash);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private protected override IEnumerable<ContainedFile> Enumerate(CancellationToken cancellationToken)
    {
        var links = 0;
        var root = followsLinks ? LinkFreePath.Of(Path) ?? throw new DatasetException($"{Path}: its links can't be followed") : Path;
        return FilesBelow(root, "", []);

        // The way is that of links that were followed: from which folder to which link's.
        IEnumerable<ContainedFile> FilesBelow(string folder, string prefix, IReadOnlyList<(string From, string To)> way)
        {
            using var enumerator = Guarded(EntriesBelow(folder).GetEnumerator);
            while (Guarded(enumerator.MoveNext))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (fullPath, length, isLink) = enumerator.Current;
                var relative = prefix + System.IO.Path.GetRelativePath(folder, fullPath).Replace(System.IO.Path.DirectorySeparatorChar, '/');
                var name = EntryName.Normalize(Path, relative);
                if (!isLink)
                {
                    yield return FileAt(fullPath, name, length);
                    continue;
                }

                if (!followsLinks)
                    throw new DatasetException($"{Path}: refused: '{EntryName.Printable(name)}' is a link; expected the file itself, or {LinksField}, which follows links to what is in the folder");
                if (++links > DatasetLimits.MaxEntries)
                    throw new DatasetException(FormattableString.Invariant($"{Path}: more than {DatasetLimits.MaxEntries:N0} links"));
                var target = TargetOf(root, fullPath, name);
                if (!Directory.Exists(target))
                {
                    yield return FileAt(target, name, Guarded(() => new FileInfo(target).Length));
                    continue;
                }

                IReadOnlyList<(string From, string To)> further = [.. way, (folder, System.IO.Path.GetDirectoryName(fullPath)!)];
                if (further.Any(part => LinkFreePath.IsBelow(part.From, target) && LinkFreePath.IsBelow(target, part.To)))
                    throw new DatasetException($"{Path}: refused: '{EntryName.Printable(name)}' is a link to a folder that it is in");
                foreach (var file in FilesBelow(target, $"{relative}/", further))
                    yield return file;
            }
        }

        // What has no bytes isn't opened: it may be a pipe, and opening one waits for whoever writes to it.
        ContainedFile FileAt(string place, string name, long length) =>
            new(Path, name, length, () => length == 0 ? Stream.Null : new CancellableFile(place, cancellationToken));
    }

    /// <summary>Where a link leads in the end.</summary>
    private string TargetOf(string root, string link, string name)
    {
        var target = LinkFreePath.Of(link);
        if (target is null || !System.IO.Path.Exists(target))
            throw new DatasetException($"{Path}: refused: '{EntryName.Printable(name)}' is a link to nothing");
        return LinkFreePath.IsBelow(root, target)
            ? target
            : throw new DatasetException($"{Path}: refused: '{EntryName.Printable(name)}' is a link out of the folder; expected one to what is in it");
    }

    private FileSystemEnumerable<FoundFile> EntriesBelow(string folder)
    {
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.None,
            IgnoreInaccessible = false,
        };
        return Guarded(() => new FileSystemEnumerable<FoundFile>(folder, FoundFile.Of, options)
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory || IsLink(ref entry),
            ShouldRecursePredicate = (ref entry) => !IsLink(ref entry),
        });
    }

    private static bool IsLink(ref FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private readonly record struct FoundFile(string FullPath, long Length, bool IsLink)
    {
        public static FoundFile Of(ref FileSystemEntry entry) =>
            new(entry.ToFullPath(), entry.IsDirectory ? 0 : entry.Length, FolderContainer.IsLink(ref entry));
    }
}
