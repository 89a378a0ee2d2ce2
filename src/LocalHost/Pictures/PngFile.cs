using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FlDurable.LocalHost.Pictures;

/// <summary>Writes PNG files (Portable Network Graphics, third edition, W3C 2025): 8-bit RGB, unfiltered, not interlaced.</summary>
internal static class PngFile
{
    private const int BytesAPixel = 3;
    private const byte BitDepth = 8;
    private const byte Rgb = 2;
    private const uint CrcPolynomial = 0xEDB88320;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <param name="pixels">Rows from the top, three bytes a pixel.</param>
    /// <param name="width">Pixels of a row.</param>
    public static byte[] Write(ReadOnlySpan<byte> pixels, int width)
    {
        var stride = width * BytesAPixel;
        using var file = new MemoryStream();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], pixels.Length / stride);
        header[8] = BitDepth;
        header[9] = Rgb;
        WriteChunk(file, "IHDR", header);
        WriteChunk(file, "IDAT", Compress(pixels, stride));
        WriteChunk(file, "IEND", []);
        return file.ToArray();
    }

    private static byte[] Compress(ReadOnlySpan<byte> pixels, int stride)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal))
        {
            for (; !pixels.IsEmpty; pixels = pixels[stride..])
            {
                zlib.WriteByte(0); // this row has no filter
                zlib.Write(pixels[..stride]);
            }
        }

        return compressed.ToArray();
    }

    private static void WriteChunk(MemoryStream file, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        byte[] content = [.. Encoding.ASCII.GetBytes(type), .. data];
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32(content));
        file.Write(number);
    }

    private static uint Crc32(ReadOnlySpan<byte> content)
    {
        var crc = uint.MaxValue;
        foreach (var value in content)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ CrcPolynomial;
        }

        return ~crc;
    }
}
