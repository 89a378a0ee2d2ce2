using System.IO.Compression;
using System.IO.Hashing;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A .zip archive.</summary>
internal sealed class ZipContainer(string path) : ArchiveContainer(path)
{
    // The high half of the external attributes is Unix's st_mode, where the archive was made on Unix.
    private const int FileTypeMask = 0xF000;
    private const int SymbolicLink = 0xA000;

    /// <summary>What every .zip begins with that has entries.</summary>
    public static ReadOnlySpan<byte> Signature => "PK\x3\x4"u8;

    private protected override IEnumerable<ContainedFile> Enumerate()
    {
        using var stream = Guarded(OpenArchive);
        using var archive = Guarded(() => new ZipArchive(stream, ZipArchiveMode.Read));
        foreach (var entry in Guarded(() => archive.Entries))
        {
            // Some programs for Windows write the separator that they know.
            var name = EntryName.Normalize(Path, entry.FullName.Replace('\\', '/'));
            if (((entry.ExternalAttributes >> 16) & FileTypeMask) == SymbolicLink)
                throw new DatasetException($"{Path}: refused: entry '{EntryName.Printable(name)}' is a link; expected the file itself");
            if (entry.IsEncrypted)
                throw new DatasetException($"{Path}: entry '{EntryName.Printable(name)}' is encrypted; expected an archive without a password");
            if (entry.FullName[^1] is '/' or '\\')
                continue;
            var length = Guarded(() => entry.Length, name);
            yield return new ContainedFile(Path, name, length, () => new Checked(entry.Open(), entry.Crc32, $"{Path}: {EntryName.Printable(name)}"));
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
