using System.Buffers.Binary;

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
        var rows = new List<byte>();
        for (var y = 0; y < height; y++)
        {
            rows.Add(0);
            for (var x = 0; x < width; x++)
                rows.AddRange(pixel);
        }

        return new PngBuilder { Width = width, Height = height, Depth = 8, Colour = (byte)(pixel.Length switch { 1 => 0, 3 => 2, _ => 6 }), Rows = [.. rows] }.Build();
    }

    /// <summary>A bitmap's header, without pixels.</summary>
    public static byte[] BmpHeader(int width, int height)
    {
        var header = Bmp(1, 1, (0, 0, 0));
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(22), height);
        return header;
    }

    /// <summary>A camera's notes that hold the orientation alone.</summary>
    public static byte[] Exif(int orientation) =>
        [.. "MM\0*\0\0\0\x8\0\x1"u8, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];
}
