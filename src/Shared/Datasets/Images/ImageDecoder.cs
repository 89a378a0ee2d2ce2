using System.Buffers;
using FlDurable.Shared.Networks;
using SkiaSharp;

namespace FlDurable.Shared.Datasets.Images;

/// <summary>
/// Image files (JPEG, PNG, WebP, GIF, BMP) as red, green and blue planes of rows. Colours are taken as stored: no profile or gamma is
/// applied, transparency is dropped, 16 bits give the high byte.
/// </summary>
internal static class ImageDecoder
{
    private const int Channels = ImageStructure.Channels;
    private const int DecodedChannels = 4;

    /// <summary>The shape that <see cref="Decode"/> makes.</summary>
    /// <exception cref="DatasetException">It is no image, a damaged or a huge one.</exception>
    public static ImageShape ShapeOf(ReadOnlyMemory<byte> file, string place) => ShapeOf(Checked(file, place));

    /// <summary>Decodes an image. Grey ones get three equal planes.</summary>
    /// <param name="file">The file.</param>
    /// <param name="place">What messages call it.</param>
    /// <param name="shape">The shape that it must have.</param>
    /// <param name="pixels">Where its values go, in the order of <see cref="ImageShape"/>.</param>
    /// <exception cref="DatasetException">It is no image, damaged, or has another size.</exception>
    public static void Decode(ReadOnlyMemory<byte> file, string place, ImageShape shape, Span<byte> pixels)
    {
        NativeDecoder.Require();
        var structure = Checked(file, place);
        var own = ShapeOf(structure);
        if (own != shape)
        {
            throw new DatasetException(
                $"{place}: {own.Width}×{own.Height} pixels; expected {shape.Width}×{shape.Height} like the first image. " +
                "All images must have one size, or be resized to one (resize: WxH).");
        }

        var length = structure.Width * structure.Height * DecodedChannels;
        var decoded = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            // What an image leaves out must not be what another left here.
            Array.Clear(decoded, 0, length);
            if (Fill(structure, decoded) is { } why)
                throw Unreadable(place, why, null);
            ToPlanes(structure, decoded, own, pixels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(decoded);
        }
    }

    private static ImageStructure Checked(ReadOnlyMemory<byte> file, string place)
    {
        try
        {
            return ImageStructure.Read(file);
        }
        catch (InvalidDataException exception)
        {
            throw Unreadable(place, exception.Message, exception);
        }
    }

    private static ImageShape ShapeOf(ImageStructure structure) => structure.Orientation.SwapsSides()
        ? new ImageShape(Channels, structure.Width, structure.Height)
        : new ImageShape(Channels, structure.Height, structure.Width);

    /// <summary>Fills rows of red, green, blue and opacity.</summary>
    /// <returns>Why it could not, or null.</returns>
    private static unsafe string? Fill(ImageStructure structure, byte[] decoded)
    {
        fixed (byte* content = structure.Content.Span, target = decoded)
        {
            using var data = SKData.Create((nint)content, structure.Content.Length);
            using var codec = SKCodec.Create(new SKMemoryStream(data), out var opened);
            if (codec is null)
                return Describe(opened);
            if (codec.Info.Width != structure.Width || codec.Info.Height != structure.Height)
                return FormattableString.Invariant($"its header tells of {structure.Width}×{structure.Height} pixels, its data of {codec.Info.Width}×{codec.Info.Height}");

            // Colours multiplied by their opacity could not be had back. Without a colour space nothing is converted.
            var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
            var info = new SKImageInfo(structure.Width, structure.Height, SKColorType.Rgba8888, alpha, null);
            var result = codec.GetPixels(info, (nint)target);
            return result == SKCodecResult.Success ? null : Describe(result);
        }
    }

    private static string Describe(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => "truncated: its data ends before its last pixel",
        SKCodecResult.ErrorInInput => "damaged: its data can't be decoded",
        _ => $"the decoder refuses it ({result})",
    };

    private static void ToPlanes(ImageStructure structure, byte[] decoded, ImageShape shape, Span<byte> pixels)
    {
        var plane = shape.Height * shape.Width;
        var red = pixels[..plane];
        var green = pixels.Slice(plane, plane);
        var blue = pixels.Slice(2 * plane, plane);
        var (width, height, orientation) = (structure.Width, structure.Height, structure.Orientation);
        if (orientation == ExifOrientation.TopLeft)
        {
            // As nearly all are: there is nothing to turn.
            for (var at = 0; at < plane; at++)
            {
                var from = DecodedChannels * at;
                red[at] = decoded[from];
                green[at] = decoded[from + 1];
                blue[at] = decoded[from + 2];
            }

            return;
        }

        for (var y = 0; y < shape.Height; y++)
        {
            for (var x = 0; x < shape.Width; x++)
            {
                var stored = orientation.Stored(x, y, width, height);
                var from = DecodedChannels * (stored.Y * width + stored.X);
                var to = y * shape.Width + x;
                red[to] = decoded[from];
                green[to] = decoded[from + 1];
                blue[to] = decoded[from + 2];
            }
        }
    }

    private static DatasetException Unreadable(string place, string why, Exception? exception) =>
        new($"{place}: not a readable image ({why}); expected a whole JPEG, PNG, WebP, GIF or BMP", exception);
}
