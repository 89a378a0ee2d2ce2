using System.Buffers.Binary;

namespace FlDurable.Shared.Datasets.Images;

/// <summary>Windows bitmaps (BITMAPFILEHEADER and what follows it): rows from below or, with a negative height, from the top.</summary>
internal static class BmpFile
{
    private const int FileHeaderLength = 14;
    private const int CoreHeaderLength = 12;
    private const int InfoHeaderLength = 40;
    private const int Uncompressed = 0;
    private const int BitFields = 3;
    private const int AlphaBitFields = 6;

    /// <inheritdoc cref="ImageStructure.Read"/>
    public static ImageStructure Read(ReadOnlyMemory<byte> file)
    {
        var span = file.Span;
        if (span.Length < FileHeaderLength + CoreHeaderLength)
            throw new InvalidDataException("truncated within its header");
        var headerLength = BinaryPrimitives.ReadUInt32LittleEndian(span[FileHeaderLength..]);
        var header = span[FileHeaderLength..];
        if (headerLength != CoreHeaderLength && (headerLength < InfoHeaderLength || headerLength > header.Length))
            throw new InvalidDataException(FormattableString.Invariant($"a header of {headerLength:N0} bytes"));
        var isCore = headerLength == CoreHeaderLength;
        var width = isCore ? BinaryPrimitives.ReadUInt16LittleEndian(header[4..]) : BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        var height = isCore ? BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) : Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(header[8..]));
        ImageStructure.RequireSize(width, height);
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(header[(isCore ? 10 : 14)..]);
        var compression = isCore ? Uncompressed : BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        if (bits is not (1 or 2 or 4 or 8 or 16 or 24 or 32))
            throw new InvalidDataException(FormattableString.Invariant($"{bits} bits a pixel"));
        if (compression is not (Uncompressed or BitFields or AlphaBitFields))
            throw new InvalidDataException(FormattableString.Invariant($"a compressed BMP (method {compression})"));
        var offset = (long)BinaryPrimitives.ReadUInt32LittleEndian(span[10..]);
        if (offset < FileHeaderLength + headerLength)
            throw new InvalidDataException(FormattableString.Invariant($"pixels at byte {offset}, within its header"));
        var length = ((long)width * bits + 31) / 32 * 4 * height;
        if (offset + length > span.Length)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"truncated: {Math.Max(0, span.Length - offset):N0} bytes of pixels, {length:N0} expected"));
        }

        return new ImageStructure(width, (int)height, ExifOrientation.TopLeft, file);
    }
}
