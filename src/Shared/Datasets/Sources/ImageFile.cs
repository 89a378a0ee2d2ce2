using System.Buffers.Binary;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// What tells an image file that is all there. The decoder fills up what is missing at the end of a JPEG or BMP without a word, and
/// takes nearly anything for one of the rarer kinds.
/// </summary>
internal static class ImageFile
{
    private static ReadOnlySpan<byte> JpegStart => [0xFF, 0xD8, 0xFF];

    private static ReadOnlySpan<byte> JpegStartOfScan => [0xFF, 0xDA];

    private static ReadOnlySpan<byte> JpegEndOfImage => [0xFF, 0xD9];

    private static ReadOnlySpan<byte> PngStart => [0x89, (byte)'P', (byte)'N', (byte)'G'];

    private static ReadOnlySpan<byte> PngEnd => "IEND"u8;

    private static ReadOnlySpan<byte> BmpStart => "BM"u8;

    /// <summary>Whether a file is a JPEG, PNG or BMP to its end.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> file)
    {
        // Neither marker can be among a JPEG's compressed data (ITU-T T.81, B.1.1.5); a thumbnail has its own pair, before.
        if (file.StartsWith(JpegStart))
            return file.LastIndexOf(JpegEndOfImage) > file.LastIndexOf(JpegStartOfScan);
        if (file.StartsWith(PngStart))
            return file.LastIndexOf(PngEnd) > 0;
        return file.StartsWith(BmpStart) && file.Length > 6 && BinaryPrimitives.ReadUInt32LittleEndian(file[2..]) <= file.Length;
    }
}
