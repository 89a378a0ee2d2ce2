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

    // Deflate makes at most 258 bytes of two bits.
    private const long MostOfAByte = 1032;

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

    /// <summary>Unpacks the beginning of a file that is in memory.</summary>
    /// <param name="packed">The file.</param>
    /// <param name="length">How many bytes; fewer come out where it has fewer.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ReadOnlyMemory<byte> UnpackStart(byte[] packed, int length)
    {
        var start = Unpack(packed, length + Seal.Length);
        return start.Span.EndsWith(Seal) ? start[..^Seal.Length] : start[..Math.Min(length, start.Length)];
    }

    /// <summary>Unpacks a whole file that is in memory.</summary>
    /// <param name="packed">The file.</param>
    /// <param name="most">How many bytes may come out. So much memory is taken, but no more than the file can fill.</param>
    /// <exception cref="InvalidDataException">It is damaged, truncated, or holds more.</exception>
    public static ReadOnlyMemory<byte> UnpackAll(byte[] packed, int most)
    {
        var limit = (long)most + Seal.Length;
        var whole = Unpack(packed, (int)Math.Min(limit + 1, (packed.Length * MostOfAByte) + Seal.Length));
        if (whole.Length > limit)
            throw new InvalidDataException(FormattableString.Invariant($"more than {most:N0} bytes unpacked"));
        return whole.Span.EndsWith(Seal) ? whole[..^Seal.Length] : throw new InvalidDataException("truncated or damaged: gzip's end is missing. Get the file again");
    }

    /// <summary>Unpacks what is there, and the seal, up to a length.</summary>
    private static ReadOnlyMemory<byte> Unpack(byte[] packed, int length)
    {
        using var content = new GzipContent(new MemoryStream(packed));
        var unpacked = GC.AllocateUninitializedArray<byte>(length);
        return unpacked.AsMemory(0, content.ReadAtLeast(unpacked, length, throwOnEndOfStream: false));
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
