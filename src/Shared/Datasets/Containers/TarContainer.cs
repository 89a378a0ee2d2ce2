namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A tar archive, packed by gzip or not, read front to back without being unpacked.</summary>
internal sealed class TarContainer(string path) : ArchiveContainer(path)
{
    private protected override IEnumerable<ContainedFile> Enumerate(CancellationToken cancellationToken)
    {
        using var file = Guarded(() => new CancellableFile(Path, cancellationToken));
        using var gzip = Guarded(() => IsGzip(file)) ? new GzipContent(file) : null;
        var entries = new TarEntries(gzip is null ? file : gzip);
        var last = "";
        while (Guarded(entries.Next, last) is { } entry)
        {
            var name = EntryName.Normalize(Path, entry.Name);
            last = name;
            switch (entry.Type)
            {
                case TarHeader.Folder:
                case TarHeader.OldFile when entry.Name.EndsWith('/'):
                    break;
                case TarHeader.File or TarHeader.OldFile or TarHeader.ContiguousFile:
                    yield return new ContainedFile(Path, name, entry.Length, () => entries.Content);
                    break;
                case TarHeader.SymbolicLink or TarHeader.HardLink:
                    throw new DatasetException($"{Path}: refused: entry '{EntryName.Printable(name)}' is a link; expected the file itself");
                case TarHeader.GnuSparseFile:
                    throw new DatasetException(
                        $"{Path}: refused: entry '{EntryName.Printable(name)}' is a sparse file; expected one with all its bytes (tar without --sparse)");
                default:
                    throw new DatasetException($"{Path}: refused: entry '{EntryName.Printable(name)}' is neither a file nor a folder (type {(int)entry.Type})");
            }
        }

        if (gzip is not null && !Guarded(() => gzip.EndsWhole(entries.Allowance), last))
            throw new DatasetException($"{Path} (after {EntryName.Printable(last)}): truncated or damaged: gzip's end is missing. Get the file again.");
    }

    /// <inheritdoc/>
    private protected override string DamageOf(InvalidDataException exception) => $"{exception.Message}.";

    private static bool IsGzip(FileStream file)
    {
        Span<byte> start = stackalloc byte[GzipContent.Signature.Length];
        var isGzip = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(GzipContent.Signature);
        file.Position = 0;
        return isGzip;
    }
}
