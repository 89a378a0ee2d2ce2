using System.Buffers.Binary;

namespace FlDurable.Shared.Datasets.Images;

/// <summary>WebP (RFC 9649): chunks in a RIFF container. Its image data has no checksum; the decoder says when it ends too early.</summary>
internal static class WebPFile
{
    private const int RiffHeaderLength = 8;
    private const int FirstChunk = 12;
    private const int ChunkHeaderLength = 8;

    /// <inheritdoc cref="ImageStructure.Read"/>
    public static ImageStructure Read(ReadOnlyMemory<byte> file)
    {
        var span = file.Span;
        var length = (long)BinaryPrimitives.ReadUInt32LittleEndian(span[4..]);
        if (length > span.Length - RiffHeaderLength)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"truncated: {span.Length - RiffHeaderLength:N0} bytes, {length:N0} are said to be there"));
        }

        span = span[..(RiffHeaderLength + (int)length)];
        var (width, height) = (0, 0);
        var orientation = ExifOrientation.TopLeft;
        for (var at = FirstChunk; at < span.Length;)
        {
            if (span.Length - at < ChunkHeaderLength)
                throw new InvalidDataException("truncated within a chunk's header");
            var size = BinaryPrimitives.ReadUInt32LittleEndian(span[(at + 4)..]);
            if (size > span.Length - at - ChunkHeaderLength)
                throw new InvalidDataException(FormattableString.Invariant($"truncated: the chunk at byte {at} is said to have {size:N0} bytes"));
            var content = span.Slice(at + ChunkHeaderLength, (int)size);
            if (at == FirstChunk)
            {
                (width, height) = SizeOf(span.Slice(at, 4), content);
                ImageStructure.RequireSize(width, height);
            }

            if (span.Slice(at, 4).SequenceEqual("EXIF"u8))
                orientation = ExifOrientations.Read(content);

            // Chunks of odd length are padded.
            at += ChunkHeaderLength + (int)size + ((int)size & 1);
        }

        return new ImageStructure(width, height, orientation, file[..span.Length]);
    }

    private static (int Width, int Height) SizeOf(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> content)
    {
        if (kind.SequenceEqual("VP8X"u8) && content.Length >= 10)
            return (1 + Number24(content[4..]), 1 + Number24(content[7..]));
        if (kind.SequenceEqual("VP8L"u8) && content.Length >= 5 && content[0] == 0x2F)
        {
            var sides = BinaryPrimitives.ReadUInt32LittleEndian(content[1..]);
            return (1 + (int)(sides & 0x3FFF), 1 + (int)((sides >> 14) & 0x3FFF));
        }

        if (kind.SequenceEqual("VP8 "u8) && content.Length >= 10 && content[3..].StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]))
            return (BinaryPrimitives.ReadUInt16LittleEndian(content[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(content[8..]) & 0x3FFF);
        throw new InvalidDataException("it does not begin with a WebP image's header");
    }

    private static int Number24(ReadOnlySpan<byte> content) => content[0] | (content[1] << 8) | (content[2] << 16);
}
