namespace FlDurable.Shared.Datasets.Images;

/// <summary>The kinds of image files that are read.</summary>
internal enum ImageKind
{
    Other,
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
}

/// <summary>Kinds of files by their first bytes: a name's ending may be anything.</summary>
internal static class ImageKinds
{
    private const int LeastFtyp = 12;

    /// <summary>Which of the kinds that are read a file is.</summary>
    public static ImageKind Of(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]))
            return ImageKind.Jpeg;
        if (file.StartsWith(PngFile.Signature))
            return ImageKind.Png;
        if (file.StartsWith("RIFF"u8) && file.Length >= LeastFtyp && file[8..].StartsWith("WEBP"u8))
            return ImageKind.WebP;
        if (file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8))
            return ImageKind.Gif;
        return file.StartsWith("BM"u8) ? ImageKind.Bmp : ImageKind.Other;
    }

    /// <summary>What a file that is none of them is, for messages.</summary>
    public static string Describe(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty)
            return "an empty file, a pipe or a device";
        if (file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8))
            return "a TIFF image";
        if (file.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 12, (byte)'j', (byte)'P']) || file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51]))
            return "a JPEG 2000 image";
        if (file.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0]))
            return "a Windows icon";
        if (file.Length >= LeastFtyp && file[4..].StartsWith("ftyp"u8))
            return file[8..].StartsWith("avif"u8) ? "an AVIF image" : "a HEIF image or a film";
        if (file.Length > 2 && file[0] == 'P' && file[1] is >= (byte)'1' and <= (byte)'7' && file[2] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            return "a Netpbm image (PPM, PGM or PBM)";
        if (file.Length > 18 && file[..^2].EndsWith("TRUEVISION-XFILE"u8))
            return "a TGA image";
        if (file.StartsWith("PK\x3\x4"u8) || file.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return "an archive";
        if (file.StartsWith("%PDF"u8))
            return "a PDF document";
        if (file.TrimStart(" \t\r\n"u8) is [(byte)'<', ..])
            return "a web page or another text in angle brackets";
        return IsText(file) ? "a text" : "of no kind that is known";
    }

    private static bool IsText(ReadOnlySpan<byte> file)
    {
        const int looked = 512;
        foreach (var value in file[..Math.Min(looked, file.Length)])
        {
            if (value is < (byte)' ' and not ((byte)'\t' or (byte)'\r' or (byte)'\n') or > (byte)'~')
                return false;
        }

        return true;
    }
}
