namespace FlDurable.Shared.Datasets.Images;

/// <summary>What an image file is found to be before a decoder sees it.</summary>
/// <param name="Width">Pixels in a row as stored, before it is turned.</param>
/// <param name="Height">Rows as stored.</param>
/// <param name="Orientation">How it is to be turned.</param>
/// <param name="Content">What the decoder is given: the file without what has no say in its pixels.</param>
internal readonly record struct ImageStructure(int Width, int Height, ExifOrientation Orientation, ReadOnlyMemory<byte> Content)
{
    /// <summary>Red, green and blue.</summary>
    public const int Channels = 3;

    /// <summary>Recognises a file by its first bytes and checks it to its end: lengths, checksums, and that nothing is missing.</summary>
    /// <exception cref="InvalidDataException">It is of another kind, damaged, truncated or too large.</exception>
    public static ImageStructure Read(ReadOnlyMemory<byte> file) => ImageKinds.Of(file.Span) switch
    {
        ImageKind.Jpeg => JpegFile.Read(file),
        ImageKind.Png => PngFile.Read(file),
        ImageKind.WebP => WebPFile.Read(file),
        ImageKind.Gif => GifFile.Read(file),
        ImageKind.Bmp => BmpFile.Read(file),
        _ => throw new InvalidDataException(ImageKinds.Describe(file.Span)),
    };

    /// <summary>Refuses sides from a header, before anything is sized by them.</summary>
    /// <exception cref="InvalidDataException">There are no pixels, or too many.</exception>
    public static void RequireSize(long width, long height)
    {
        if (width <= 0 || height <= 0)
            throw new InvalidDataException(FormattableString.Invariant($"{width}×{height} pixels"));

        // Divided, since the sides of a damaged header can have a product that no integer holds.
        if (width > DatasetLimits.MaxPixelBytes / Channels / height)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"{width}×{height} pixels are {(Int128)width * height * Channels:N0} bytes decoded, more than {DatasetLimits.MaxPixelBytes:N0}"));
        }
    }
}
