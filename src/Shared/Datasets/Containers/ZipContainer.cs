using System.IO.Compression;
using System.IO.Hashing;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A .zip archive.</summary>
/// <param name="path">The archive.</param>
/// <param name="mostOfDirectory">How many bytes of the list of its entries are read. <see cref="ZipArchive"/> holds all of it in memory.</param>
internal sealed class ZipContainer(string path, long mostOfDirectory = ZipContainer.MaxDirectoryLength) : ArchiveContainer(path)
{
    // The high half of the external attributes is Unix's st_mode, where the archive was made on Unix.
    private const int FileTypeMask = 0xF000;
    private const int SymbolicLink = 0xA000;

    private const int DirectoryEntryLength = 46;
    private const long MaxDirectoryLength = DatasetLimits.MaxNamesLength + (long)DirectoryEntryLength * DatasetLimits.MaxEntries;

    /// <summary>What every .zip begins with that has entries.</summary>
    public static ReadOnlySpan<byte> Signature => "PK\x3\x4"u8;

    private protected override IEnumerable<ContainedFile> Enumerate(CancellationToken cancellationToken)
    {
        using var stream = Guarded(() => new ListedFile(Path, mostOfDirectory, cancellationToken));
        using var archive = Guarded(() => new ZipArchive(stream, ZipArchiveMode.Read));
        var entries = Guarded(() => archive.Entries);
        stream.IsListed = true;
        foreach (var entry in entries)
        {
            // Some programs for Windows write the separator that they know.
            var name = EntryName.Normalize(Path, entry.FullName.Replace('\\', '/'));
            if (((entry.ExternalAttributes >> 16) & FileTypeMask) == SymbolicLink)
                throw new DatasetException($"{Path}: refused: entry '{EntryName.Printable(name)}' is a link; expected the file itself");
            if (entry.IsEncrypted)
                throw new DatasetException($"{Path}: entry '{EntryName.Printable(name)}' is encrypted; expected an archive without a password");
            var length = Guarded(() => entry.Length, name);
            if (entry.FullName[^1] is '/' or '\\')
            {
                if (length > 0)
                    throw new DatasetException(FormattableString.Invariant($"{Path}: refused: entry '{EntryName.Printable(name)}' is a folder by its name, and has {length:N0} bytes"));
                continue;
            }

            yield return new ContainedFile(Path, name, length, () => new Checked(entry.Open(), entry.Crc32, $"{Path}: {EntryName.Printable(name)}"));
        }
    }

    /// <summary>The archive's file, of which only so much is read before its entries are listed.</summary>
    private sealed class ListedFile(string path, long most, CancellationToken cancellationToken) : CancellableFile(path, cancellationToken)
    {
        private long length;

        public bool IsListed { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, count);
            if (!IsListed && (length += read) > most)
                throw new DatasetException(FormattableString.Invariant($"{Name}: its list of entries is longer than {most:N0} bytes"));
            return read;
        }
    }

    /// <summary>An entry's content, of which the checksum is compared at its end: <see cref="ZipArchive"/> doesn't.</summary>
    private sealed class Checked(Stream content, uint expected, string place) : ReadOnlyStream
    {
        private readonly Crc32 actual = new();

        public override int Read(Span<byte> buffer)
        {
            var read = content.Read(buffer);
            actual.Append(buffer[..read]);
            if (read == 0 && !buffer.IsEmpty && actual.GetCurrentHashAsUInt32() != expected)
                throw new DatasetException($"{place}: damaged: wrong checksum (CRC-32). Get the file again.");
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                content.Dispose();
            base.Dispose(disposing);
        }
    }
}
