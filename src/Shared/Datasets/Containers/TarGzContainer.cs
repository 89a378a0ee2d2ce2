using System.Formats.Tar;
using System.IO.Compression;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A .tar.gz archive, read front to back without being unpacked.</summary>
internal sealed class TarGzContainer(string path) : ArchiveContainer(path)
{
    private protected override IEnumerable<ContainedFile> Enumerate()
    {
        using var stream = Guarded(OpenArchive);
        using var unpacked = new EndWatchingStream(new GZipStream(stream, CompressionMode.Decompress));
        using var reader = new TarReader(unpacked, leaveOpen: true);
        var last = "";
        while (Guarded(() => reader.GetNextEntry(), last) is { } entry)
        {
            if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                continue;
            last = EntryName.Normalize(Path, entry.Name);
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)
                yield return new ContainedFile(Path, last, entry.Length, () => entry.DataStream ?? Stream.Null);
            else if (entry.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                throw new DatasetException($"{Path}: refused: entry '{EntryName.Printable(last)}' is a link; expected the file itself");
            else if (entry.EntryType is not TarEntryType.Directory)
                throw new DatasetException($"{Path}: refused: entry '{EntryName.Printable(last)}' is neither a file nor a folder ({entry.EntryType})");
        }

        // TarReader takes the end of the stream for the end of the archive, and GZipStream says nothing when its input is cut off: an
        // archive cut between two files would be read without the rest. A whole one ends in blocks of zeros, before the stream does.
        if (unpacked.AtEnd)
            throw new DatasetException($"{Path} (after {EntryName.Printable(last)}): truncated: the archive's end is missing. Get the file again.");

        // To the end, so that gzip's own checksum is checked.
        Guarded(() =>
        {
            unpacked.CopyTo(Stream.Null);
            return true;
        });
    }

    /// <summary>Knows whether its reader has asked for more than there was.</summary>
    private sealed class EndWatchingStream(Stream inner) : Stream
    {
        public bool AtEnd { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            AtEnd |= read == 0 && buffer.Length > 0;
            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
