using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace FlDurable.Shared.Tests.Datasets;

/// <summary>Writes PNG files, also wrong ones.</summary>
internal sealed class PngBuilder
{
    private readonly List<(string Kind, byte[] Content)> more = [];

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required byte Depth { get; init; }

    public required byte Colour { get; init; }

    /// <summary>Rows, each with its filter's number.</summary>
    public required byte[] Rows { get; init; }

    public static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(content);
        return packed.ToArray();
    }

    /// <summary>Adds a chunk between header and image data.</summary>
    public PngBuilder With(string kind, byte[] content)
    {
        more.Add((kind, content));
        return this;
    }

    public byte[] Packed() => Pack(Rows);

    public byte[] Build() => BuildWith(Packed());

    /// <summary>Writes given image data.</summary>
    public byte[] BuildWith(params byte[][] packed)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
        (header[8], header[9]) = (Depth, Colour);
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Write("IHDR", header);
        foreach (var (kind, content) in more)
            Write(kind, content);
        foreach (var content in packed)
            Write("IDAT", content);
        Write("IEND", []);
        return file.ToArray();

        void Write(string kind, byte[] content)
        {
            var chunk = new byte[12 + content.Length];
            BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
            Encoding.ASCII.GetBytes(kind, chunk.AsSpan(4));
            content.CopyTo(chunk, 8);
            BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), Crc32.HashToUInt32(chunk.AsSpan(4, 4 + content.Length)));
            file.Write(chunk);
        }
    }
}
