using FlDurable.Shared.Datasets;
using SkiaSharp;

namespace FlDurable.LocalHost.Pictures;

/// <summary>An image of a data set as it can be looked at. Of images with other than three channels the first is shown.</summary>
internal static class ExampleImage
{
    private const int Channels = 3;
    private const int BytesAPixel = 4;

    /// <summary>Its pixels, to be disposed of.</summary>
    public static SKBitmap Draw(ImageExamples examples, int index)
    {
        var shape = examples.Shape;
        var plane = shape.Height * shape.Width;
        var (green, blue) = shape.Channels == Channels ? (plane, 2 * plane) : (0, 0);
        var values = examples.Pixels(index);
        var image = new SKBitmap(new SKImageInfo(shape.Width, shape.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var pixels = image.GetPixelSpan();
        for (var at = 0; at < plane; at++)
        {
            var pixel = pixels.Slice(at * BytesAPixel, BytesAPixel);
            (pixel[0], pixel[1], pixel[2], pixel[3]) = (values[at], values[at + green], values[at + blue], byte.MaxValue);
        }

        return image;
    }

    /// <summary>A PNG file of it, with its very pixels.</summary>
    public static byte[] ToPng(ImageExamples examples, int index)
    {
        using var image = Draw(examples, index);
        return Picture.ToPng(image);
    }
}
