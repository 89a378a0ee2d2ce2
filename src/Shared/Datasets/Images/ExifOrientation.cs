using System.Buffers.Binary;

namespace FlDurable.Shared.Datasets.Images;

/// <summary>
/// How stored rows and columns lie in the picture: EXIF's tag 0x0112 (CIPA DC-008, 4.6.4). Named for where the first row and the first column are.
/// </summary>
internal enum ExifOrientation
{
    TopLeft = 1,
    TopRight = 2,
    BottomRight = 3,
    BottomLeft = 4,
    LeftTop = 5,
    RightTop = 6,
    RightBottom = 7,
    LeftBottom = 8,
}

/// <summary>Reads and applies orientations.</summary>
internal static class ExifOrientations
{
    private const int OrientationTag = 0x0112;
    private const int ShortType = 3;
    private const int EntryLength = 12;

    private static ReadOnlySpan<byte> Prefix => "Exif\0\0"u8;

    /// <summary>The orientation in a block of EXIF. What can't be read turns nothing: a camera's notes are not the picture.</summary>
    public static ExifOrientation Read(ReadOnlySpan<byte> exif)
    {
        if (exif.StartsWith(Prefix))
            exif = exif[Prefix.Length..];
        bool isLittle;
        if (exif.StartsWith("II*\0"u8))
            isLittle = true;
        else if (exif.StartsWith("MM\0*"u8))
            isLittle = false;
        else
            return ExifOrientation.TopLeft;
        if (exif.Length < 8)
            return ExifOrientation.TopLeft;
        var directory = isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]) : BinaryPrimitives.ReadUInt32BigEndian(exif[4..]);
        if (directory > exif.Length - 2)
            return ExifOrientation.TopLeft;
        var entries = exif[(int)directory..];
        var count = Short(entries);
        entries = entries[2..];
        for (var entry = 0; entry < count && entries.Length >= EntryLength; entry++, entries = entries[EntryLength..])
        {
            if (Short(entries) != OrientationTag)
                continue;
            var value = Short(entries[8..]);
            return Short(entries[2..]) == ShortType && value is >= 1 and <= 8 ? (ExifOrientation)value : ExifOrientation.TopLeft;
        }

        return ExifOrientation.TopLeft;

        int Short(ReadOnlySpan<byte> at) => isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
    }

    /// <summary>Whether stored rows become columns.</summary>
    public static bool SwapsSides(this ExifOrientation orientation) => orientation >= ExifOrientation.LeftTop;

    /// <summary>Where the pixel of the picture's column <paramref name="x"/> and row <paramref name="y"/> is stored.</summary>
    /// <param name="orientation">The orientation.</param>
    /// <param name="x">The column in the picture as it is seen.</param>
    /// <param name="y">The row in the picture as it is seen.</param>
    /// <param name="width">Pixels in a row as stored.</param>
    /// <param name="height">Rows as stored.</param>
    public static (int X, int Y) Stored(this ExifOrientation orientation, int x, int y, int width, int height) => orientation switch
    {
        ExifOrientation.TopRight => (width - 1 - x, y),
        ExifOrientation.BottomRight => (width - 1 - x, height - 1 - y),
        ExifOrientation.BottomLeft => (x, height - 1 - y),
        ExifOrientation.LeftTop => (y, x),
        ExifOrientation.RightTop => (y, height - 1 - x),
        ExifOrientation.RightBottom => (width - 1 - y, height - 1 - x),
        ExifOrientation.LeftBottom => (width - 1 - y, x),
        _ => (x, y),
    };
}
