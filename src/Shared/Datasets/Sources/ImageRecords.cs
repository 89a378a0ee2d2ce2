using System.Buffers;
using FlDurable.Shared.Datasets.Images;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>Image files of any kind on their way to records.</summary>
internal static class ImageRecords
{
    /// <summary>Decodes an image.</summary>
    /// <param name="content">The file.</param>
    /// <param name="place">What messages call it.</param>
    /// <param name="resizes">Whether an image of another size is resized; else it is refused.</param>
    /// <param name="shape">The shape that it gets.</param>
    /// <param name="pixels">Where its values go.</param>
    /// <exception cref="DatasetException">It can't be read, or has another size.</exception>
    public static void Decode(ReadOnlyMemory<byte> content, string place, bool resizes, ImageShape shape, Span<byte> pixels)
    {
        var own = resizes ? ImageDecoder.ShapeOf(content, place) : shape;
        if (own == shape)
        {
            ImageDecoder.Decode(content, place, shape, pixels);
            return;
        }

        var decoded = ArrayPool<byte>.Shared.Rent(own.Length);
        try
        {
            ImageDecoder.Decode(content, place, own, decoded.AsSpan(0, own.Length));
            new BilinearResize(own, shape).Resize(decoded.AsSpan(0, own.Length), pixels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(decoded);
        }
    }

    /// <summary>Whether an image of three channels has no colour.</summary>
    public static bool IsGrey(ReadOnlySpan<byte> pixels)
    {
        var plane = pixels.Length / 3;
        return pixels[..plane].SequenceEqual(pixels.Slice(plane, plane)) && pixels[..plane].SequenceEqual(pixels[(2 * plane)..]);
    }

    /// <summary>Records with the first channel alone.</summary>
    public static byte[] FirstChannel(ReadOnlySpan<byte> records, ImageShape shape)
    {
        var plane = shape.Height * shape.Width;
        var count = records.Length / (1 + shape.Length);
        var grey = new byte[count * (1 + plane)];
        for (var index = 0; index < count; index++)
            records.Slice(index * (1 + shape.Length), 1 + plane).CopyTo(grey.AsSpan(index * (1 + plane)));
        return grey;
    }
}
