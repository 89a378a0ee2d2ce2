using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FlDurable.Shared.Tests.Datasets;

/// <summary>Small image files, written by hand.</summary>
internal static class ImageFiles
{
    public const int Side = 4;

    /// <summary>Three classes; each image is of one colour that tells which it is.</summary>
    public static Files Create(int train = 3, int test = 2)
    {
        var files = new Files();
        foreach (var (split, count) in new[] { ("train", train), ("test", test) })
        {
            foreach (var (name, label) in new[] { ("ape", 0), ("bee", 1), ("cat", 2) })
            {
                for (var index = 0; index < count; index++)
                    files.Add(($"{split}/{name}/{index:D4}.bmp", Bmp(Side, Side, Colour(split == "train", label, index))));
            }
        }

        return files;
    }

    public static (byte R, byte G, byte B) Colour(bool isTrain, int label, int index) => ((byte)(isTrain ? 200 : 100), (byte)(10 * label), (byte)index);

    public static byte[] Bmp(int width, int height, (byte R, byte G, byte B) colour)
    {
        var stride = (3 * width + 3) / 4 * 4;
        var file = new byte[54 + stride * height];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), 54);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), 24);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                (file[54 + y * stride + 3 * x], file[55 + y * stride + 3 * x], file[56 + y * stride + 3 * x]) = (colour.B, colour.G, colour.R);
        }

        return file;
    }

    /// <summary>A PNG whose pixels are all the same bytes: one for grey, three for colour, four for colour and transparency.</summary>
    public static byte[] Png(int width, int height, params byte[] pixel)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        header[9] = (byte)(pixel.Length switch { 1 => 0, 3 => 2, _ => 6 });
        Chunk("IHDR", header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                for (var x = 0; x < width; x++)
                    zlib.Write(pixel);
            }
        }

        Chunk("IDAT", packed.ToArray());
        Chunk("IEND", []);
        return file.ToArray();

        void Chunk(string kind, byte[] content)
        {
            var chunk = new byte[12 + content.Length];
            BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
            Encoding.ASCII.GetBytes(kind, chunk.AsSpan(4));
            content.CopyTo(chunk, 8);
            BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), Crc32(chunk.AsSpan(4, 4 + content.Length)));
            file.Write(chunk);
        }
    }

    private static uint Crc32(ReadOnlySpan<byte> content)
    {
        var crc = uint.MaxValue;
        foreach (var value in content)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }

        return ~crc;
    }
}
