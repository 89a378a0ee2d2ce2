using System.IO.Compression;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>
/// What a gzip file holds, and whether it is whole. <see cref="GZipStream"/> says nothing when its input is cut off, even within the checksum.
/// So a member of our own is put behind the file's: it comes out at the end only if the file's last member is there to its last byte and right.
/// </summary>
internal sealed class GzipContent : ReadOnlyStream
{
    private static readonly byte[] Seal = "this is the end of a whole gzip file"u8.ToArray();
    private static readonly byte[] SealMember = Compress(Seal);

    private readonly GZipStream unpacked;

    /// <summary>Unpacks a file.</summary>
    /// <param name="file">It is disposed with this.</param>
    public GzipContent(Stream file) => unpacked = new GZipStream(new Sealed(file), CompressionMode.Decompress);

    /// <summary>What every gzip file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x1F, 0x8B];

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return unpacked.Read(buffer);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException("truncated or damaged: its gzip data can't be unpacked. Get the file again", exception);
        }
    }

    /// <summary>Reads what is left, and says whether the file was whole.</summary>
    /// <param name="most">How much may be left.</param>
    public bool EndsWhole(long most)
    {
        var buffer = new byte[1 << 16];
        var kept = 0;
        while (most >= 0 && Read(buffer.AsSpan(kept)) is > 0 and var read)
        {
            most -= read;
            var end = buffer.AsSpan(0, kept + read);
            kept = Math.Min(Seal.Length, end.Length);
            end[^kept..].CopyTo(buffer);
        }

        return buffer.AsSpan(0, kept).SequenceEqual(Seal);
    }

    /// <summary>Unpacks a whole file that is in memory.</summary>
    /// <param name="packed">The file.</param>
    /// <param name="most">How many bytes may come out.</param>
    /// <exception cref="InvalidDataException">It is damaged, truncated, or holds more.</exception>
    public static ReadOnlyMemory<byte> UnpackAll(byte[] packed, int most)
    {
        using var content = new GzipContent(new MemoryStream(packed));
        using var unpacked = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (content.Read(buffer) is > 0 and var read)
        {
            if (unpacked.Length + read > (long)most + Seal.Length)
                throw new InvalidDataException(FormattableString.Invariant($"more than {most:N0} bytes unpacked"));
            unpacked.Write(buffer, 0, read);
        }

        var whole = unpacked.GetBuffer().AsMemory(0, (int)unpacked.Length);
        return whole.Span.EndsWith(Seal) ? whole[..^Seal.Length] : throw new InvalidDataException("truncated or damaged: gzip's end is missing. Get the file again");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            unpacked.Dispose();
        base.Dispose(disposing);
    }

    private static byte[] Compress(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
            gzip.Write(content);
        return stream.ToArray();
    }

    private sealed class Sealed(Stream file) : ReadOnlyStream
    {
        private int sealAt;

        public override int Read(Span<byte> buffer)
        {
            var read = file.Read(buffer);
            if (read > 0 || buffer.IsEmpty)
                return read;
            var rest = SealMember.AsSpan(sealAt);
            rest = rest[..Math.Min(rest.Length, buffer.Length)];
            rest.CopyTo(buffer);
            sealAt += rest.Length;
            return rest.Length;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                file.Dispose();
            base.Dispose(disposing);
        }
    }
}
