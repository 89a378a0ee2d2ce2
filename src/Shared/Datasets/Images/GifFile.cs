using System.Buffers.Binary;

namespace FlDurable.Shared.Datasets.Images;

/// <summary>GIF (GIF89a specification): blocks to the trailer; of an animation the first frame is the image.</summary>
internal static class GifFile
{
    private const int HeaderLength = 13;
    private const byte Extension = 0x21;
    private const byte Frame = 0x2C;
    private const byte Trailer = 0x3B;

    /// <inheritdoc cref="ImageStructure.Read"/>
    public static ImageStructure Read(ReadOnlyMemory<byte> file)
    {
        var span = file.Span;
        if (span.Length < HeaderLength)
            throw Truncated();
        var width = BinaryPrimitives.ReadUInt16LittleEndian(span[6..]);
        var height = BinaryPrimitives.ReadUInt16LittleEndian(span[8..]);
        ImageStructure.RequireSize(width, height);
        var at = HeaderLength + TableLength(span[10]);
        var hasFrame = false;
        while (true)
        {
            switch (Byte(span, at++))
            {
                case Extension:
                    at = SkipBlocks(span, at + 1);
                    break;
                case Frame:
                    if (span.Length - at < 9)
                        throw Truncated();
                    if (!hasFrame)
                        CheckFrame(span[at..], width, height);
                    hasFrame = true;
                    at += 9 + TableLength(span[at + 8]);
                    at = SkipBlocks(span, at + 1);
                    break;
                case Trailer when hasFrame:
                    return new ImageStructure(width, height, ExifOrientation.TopLeft, file[..at]);
                case var other:
                    throw new InvalidDataException(FormattableString.Invariant($"an unknown block, 0x{other:X2}, at byte {at - 1}"));
            }
        }
    }

    private static void CheckFrame(ReadOnlySpan<byte> frame, int width, int height)
    {
        var right = BinaryPrimitives.ReadUInt16LittleEndian(frame) + BinaryPrimitives.ReadUInt16LittleEndian(frame[4..]);
        var bottom = BinaryPrimitives.ReadUInt16LittleEndian(frame[2..]) + BinaryPrimitives.ReadUInt16LittleEndian(frame[6..]);
        if (right > width || bottom > height)
            throw new InvalidDataException(FormattableString.Invariant($"a frame that ends at {right}×{bottom}, outside its {width}×{height} pixels"));
    }

    private static int TableLength(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);

    private static int SkipBlocks(ReadOnlySpan<byte> file, int at)
    {
        while (Byte(file, at) is > 0 and var length)
            at += 1 + length;
        return at + 1;
    }

    private static byte Byte(ReadOnlySpan<byte> file, int at) => at < file.Length ? file[at] : throw Truncated();

    private static InvalidDataException Truncated() => new("truncated: its end is missing");
}
