using System.Buffers.Binary;

namespace FlDurable.Api.Tests.Support;

/// <summary>Ten classes of small pictures, as files.</summary>
internal static class Pictures
{
    private const int Side = 32;
    private const int HeaderBytes = 54;

    /// <summary>Writes <c>split/class/file</c> into a folder.</summary>
    public static void Write(string folder)
    {
        foreach (var split in (string[])["train", "test"])
        {
            for (var label = 0; label < 10; label++)
            {
                var place = Directory.CreateDirectory(Path.Combine(folder, split, $"class-{label}")).FullName;
                for (var index = 0; index < 3; index++)
                    File.WriteAllBytes(Path.Combine(place, $"{index}.bmp"), Bitmap((byte)(20 * label + index)));
            }
        }
    }

    private static byte[] Bitmap(byte shade)
    {
        var file = new byte[HeaderBytes + 3 * Side * Side];
        for (var at = HeaderBytes; at < file.Length; at++)
            file[at] = (byte)(shade + (at - HeaderBytes) % 3); // not grey, so that there are three channels
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), Side);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), Side);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), 24);
        return file;
    }
}
