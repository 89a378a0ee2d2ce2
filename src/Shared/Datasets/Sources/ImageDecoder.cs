using FlDurable.Shared.Networks;
using StbImageSharp;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>Image files (JPEG, PNG, BMP) as red, green and blue planes of rows.</summary>
internal static class ImageDecoder
{
    private const int Channels = 3;

    /// <summary>The shape that <see cref="Decode"/> would make, from the file's header.</summary>
    /// <exception cref="DatasetException">It is no image, or a huge one.</exception>
    public static ImageShape ShapeOf(byte[] file, string place)
    {
        if (!ImageFile.IsWhole(file))
            throw Unreadable(place, "of another kind or truncated", null);
        using var stream = new MemoryStream(file, writable: false);
        var info = Reading(place, () => ImageInfo.FromStream(stream)) ?? throw Unreadable(place, "its kind is not known", null);
        var pixels = (long)info.Width * info.Height * Channels;
        return info is { Width: > 0, Height: > 0 } && pixels <= DatasetLimits.MaxPixelBytes
            ? new ImageShape(Channels, info.Height, info.Width)
            : throw new DatasetException(FormattableString.Invariant(
                $"{place}: {info.Width}×{info.Height} pixels are {pixels:N0} bytes; expected at most {DatasetLimits.MaxPixelBytes:N0}"));
    }

    /// <summary>Decodes an image. Grey ones get three equal planes; transparency is dropped.</summary>
    /// <param name="file">The file.</param>
    /// <param name="place">What messages call it.</param>
    /// <param name="shape">The shape that it must have.</param>
    /// <param name="pixels">Where its values go, in the order of <see cref="ImageShape"/>.</param>
    /// <exception cref="DatasetException">It is no image, or has another size.</exception>
    public static void Decode(byte[] file, string place, ImageShape shape, Span<byte> pixels)
    {
        var own = ShapeOf(file, place);
        if (own != shape)
        {
            throw new DatasetException(
                $"{place}: {own.Width}×{own.Height} pixels; expected {shape.Width}×{shape.Height} like the first image. " +
                "All images must have one size.");
        }

        var interleaved = Reading(place, () => ImageResult.FromMemory(file, ColorComponents.RedGreenBlue)).Data;
        var plane = shape.Height * shape.Width;
        var red = pixels[..plane];
        var green = pixels.Slice(plane, plane);
        var blue = pixels.Slice(2 * plane, plane);
        for (var pixel = 0; pixel < plane; pixel++)
        {
            red[pixel] = interleaved[Channels * pixel];
            green[pixel] = interleaved[Channels * pixel + 1];
            blue[pixel] = interleaved[Channels * pixel + 2];
        }
    }

    private static T Reading<T>(string place, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception)
        {
            // The decoder is a port from C: damaged files end in exceptions of many types.
            throw Unreadable(place, exception.Message, exception);
        }
    }

    private static DatasetException Unreadable(string place, string why, Exception? exception) =>
        new($"{place}: not a readable image ({why}); expected a whole JPEG, PNG or BMP", exception);
}
