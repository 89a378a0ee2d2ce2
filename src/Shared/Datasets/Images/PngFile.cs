using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace FlDurable.Shared.Datasets.Images;

/// <summary>
/// PNG (W3C, third edition): every chunk's CRC-32 is checked, and the image data is unpacked once to see that it has the length that the
/// header says and the Adler-32 that it ends in. Decoders pass over some of these, and keep room for what is packed in ancillary chunks.
/// </summary>
internal static class PngFile
{
    private const int HeaderLength = 13;
    private const int ChunkOverhead = 12;
    private const int ZlibHeaderLength = 2;
    private const int AdlerLength = 4;

    // Adam7's passes: the first column and row, and the steps from there.
    private static readonly (int X, int Y, int StepX, int StepY)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>What every PNG begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <inheritdoc cref="ImageStructure.Read"/>
    public static ImageStructure Read(ReadOnlyMemory<byte> file)
    {
        var span = file.Span;
        var header = HeaderOf(span);
        var kept = new List<Range> { ..Signature.Length };
        var data = new List<Range>();
        var orientation = ExifOrientation.TopLeft;
        var hasEnd = false;
        for (var at = Signature.Length; !hasEnd;)
        {
            var length = ChunkLength(span, at);
            var kind = span.Slice(at + 4, 4);
            var content = (at + 8)..(at + 8 + length);
            if (Crc32.HashToUInt32(span.Slice(at + 4, 4 + length)) != BinaryPrimitives.ReadUInt32BigEndian(span[(at + 8 + length)..]))
                throw new InvalidDataException(FormattableString.Invariant($"wrong checksum of the chunk at byte {at}"));
            if (kind.SequenceEqual("eXIf"u8))
                orientation = ExifOrientations.Read(span[content]);
            if (kind.SequenceEqual("IDAT"u8))
            {
                if (data.Count > 0 && data[^1].End.Value + ChunkOverhead != content.Start.Value)
                    throw new InvalidDataException(FormattableString.Invariant($"image data that does not follow the image data before, at byte {at}"));
                data.Add(content);
            }

            // Critical chunks have a capital. The others are gamma, profiles, transparency and texts: none has a say in the stored colours.
            if (char.IsAsciiLetterUpper((char)kind[0]))
                kept.Add(at..(at + ChunkOverhead + length));
            hasEnd = kind.SequenceEqual("IEND"u8);
            at += ChunkOverhead + length;
        }

        CheckData(span, data, header);
        return new ImageStructure(header.Width, header.Height, orientation, Ranges.Join(span, kept));
    }

    private static int ChunkLength(ReadOnlySpan<byte> file, int at)
    {
        if (file.Length - at < ChunkOverhead)
            throw new InvalidDataException("truncated: its last chunk, IEND, is missing");
        var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
        return length <= file.Length - at - ChunkOverhead
            ? (int)length
            : throw new InvalidDataException(FormattableString.Invariant(
                $"truncated: the chunk at byte {at} is said to have {length:N0} bytes, {file.Length - at - ChunkOverhead:N0} are left"));
    }

    private static Header HeaderOf(ReadOnlySpan<byte> file)
    {
        var at = Signature.Length;
        if (ChunkLength(file, at) != HeaderLength || !file[(at + 4)..].StartsWith("IHDR"u8))
            throw new InvalidDataException("it does not begin with a header of 13 bytes (IHDR)");
        var content = file.Slice(at + 8, HeaderLength);
        var width = BinaryPrimitives.ReadUInt32BigEndian(content);
        var height = BinaryPrimitives.ReadUInt32BigEndian(content[4..]);
        ImageStructure.RequireSize(width, height);
        var (depth, colour, isInterlaced) = (content[8], content[9], content[12] == 1);
        var samples = (colour, depth) switch
        {
            (0, 1 or 2 or 4 or 8 or 16) or (3, 1 or 2 or 4 or 8) => 1,
            (4, 8 or 16) => 2,
            (2, 8 or 16) => 3,
            (6, 8 or 16) => 4,
            _ => throw new InvalidDataException(FormattableString.Invariant($"{depth} bits a sample with colour type {colour}")),
        };
        return content[10] == 0 && content[11] == 0 && content[12] <= 1
            ? new Header((int)width, (int)height, samples * depth, isInterlaced)
            : throw new InvalidDataException("an unknown method of compression, filtering or interlacing");
    }

    /// <summary>Unpacks without keeping, and no further than the header says.</summary>
    private static void CheckData(ReadOnlySpan<byte> file, List<Range> chunks, Header header)
    {
        var packed = Ranges.Join(file, chunks);
        if (packed.Length < ZlibHeaderLength + AdlerLength)
            throw new InvalidDataException("truncated: it has no image data");
        using var stream = new ZLibStream(new MemoryStream(packed, writable: false), CompressionMode.Decompress);
        var buffer = new byte[Math.Min(1 << 16, header.DataLength + 1)];
        var adler = Adler32.Start;
        var length = 0L;
        while (Unpack(stream, buffer) is > 0 and var read)
        {
            length += read;
            if (length > header.DataLength)
                throw new InvalidDataException(FormattableString.Invariant($"more image data than the {header.DataLength:N0} bytes of its size"));
            adler = Adler32.Append(adler, buffer.AsSpan(0, read));
        }

        if (length < header.DataLength)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"truncated: {length:N0} bytes of image data, {header.DataLength:N0} expected"));
        }

        if (adler != BinaryPrimitives.ReadUInt32BigEndian(packed.AsSpan(packed.Length - AdlerLength)))
            throw new InvalidDataException("wrong checksum of the image data");
    }

    private static int Unpack(ZLibStream stream, byte[] buffer)
    {
        try
        {
            return stream.Read(buffer);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException("damaged: its image data can't be unpacked or has a wrong checksum", exception);
        }
    }

    private sealed record Header(int Width, int Height, int BitsAPixel, bool IsInterlaced)
    {
        /// <summary>Bytes of all rows, each with its filter's number.</summary>
        public long DataLength => IsInterlaced
            ? Passes.Sum(pass => Rows(Steps(Width, pass.X, pass.StepX), Steps(Height, pass.Y, pass.StepY)))
            : Rows(Width, Height);

        private long Rows(long width, long height) => width == 0 ? 0 : height * (1 + (width * BitsAPixel + 7) / 8);

        private static int Steps(int side, int first, int step) => side <= first ? 0 : (side - first + step - 1) / step;
    }
}
