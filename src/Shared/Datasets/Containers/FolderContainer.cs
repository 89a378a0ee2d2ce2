using System.Buffers.Binary;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A folder and all that is below it.</summary>
internal sealed class FolderContainer(string path) : FileContainer(path)
{
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
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.None,
            IgnoreInaccessible = false,
        };
        var found = Guarded(() => new FileSystemEnumerable<FoundFile>(Path, FoundFile.Of, options)
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory || IsLink(ref entry),
            ShouldRecursePredicate = (ref entry) => !IsLink(ref entry),
        });
        using var enumerator = Guarded(found.GetEnumerator);
        while (Guarded(enumerator.MoveNext))
        {
            var (fullPath, length, isLink) = enumerator.Current;
            var relative = System.IO.Path.GetRelativePath(Path, fullPath).Replace(System.IO.Path.DirectorySeparatorChar, '/');
            var name = EntryName.Normalize(Path, relative);
            if (isLink)
                throw new DatasetException($"{Path}: refused: '{EntryName.Printable(name)}' is a link; expected the file itself");
            // What has no bytes isn't opened: it may be a pipe, and opening one waits for whoever writes to it.
            yield return new ContainedFile(Path, name, length, () => length == 0 ? Stream.Null : new CancellableFile(fullPath, cancellationToken));
        }
    }

    private static bool IsLink(ref FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private readonly record struct FoundFile(string FullPath, long Length, bool IsLink)
    {
        public static FoundFile Of(ref FileSystemEntry entry) =>
            new(entry.ToFullPath(), entry.IsDirectory ? 0 : entry.Length, FolderContainer.IsLink(ref entry));
    }
}
