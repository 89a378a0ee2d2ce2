using System.IO.Compression;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A .zip archive.</summary>
internal sealed class ZipContainer(string path) : ArchiveContainer(path)
{
    // The high half of the external attributes is Unix's st_mode, where the archive was made on Unix.
    private const int FileTypeMask = 0xF000;
    private const int SymbolicLink = 0xA000;

    private protected override IEnumerable<ContainedFile> Enumerate()
    {
        using var stream = Guarded(OpenArchive);
        using var archive = Guarded(() => new ZipArchive(stream, ZipArchiveMode.Read));
        foreach (var entry in Guarded(() => archive.Entries))
        {
            var name = EntryName.Normalize(Path, entry.FullName);
            if (((entry.ExternalAttributes >> 16) & FileTypeMask) == SymbolicLink)
                throw new DatasetException($"{Path}: refused: entry '{EntryName.Printable(name)}' is a link; expected the file itself");
            if (entry.IsEncrypted)
                throw new DatasetException($"{Path}: entry '{EntryName.Printable(name)}' is encrypted; expected an archive without a password");
            if (!entry.FullName.EndsWith('/'))
                yield return new ContainedFile(Path, name, entry.Length, entry.Open);
        }
    }
}
