using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets;

/// <summary>How large data may be. Checked before memory is taken.</summary>
internal static class DatasetLimits
{
    /// <summary>Entries of a folder or an archive.</summary>
    public const int MaxEntries = 2_000_000;

    /// <summary>All files of a folder or an archive together, unpacked: 16 GB.</summary>
    public const long MaxTotalLength = 16_000_000_000;

    /// <summary>The names of all files together, in characters: they are held in memory.</summary>
    public const long MaxNamesLength = 200_000_000;

    /// <summary>One image's file.</summary>
    public const long MaxImageFileLength = 16_000_000;

    /// <summary>One image's pixels, decoded.</summary>
    public const long MaxPixelBytes = 16_000_000;

    /// <summary>A label is one byte.</summary>
    public const int MaxClasses = 256;

    /// <summary>A decoded data set is held in one array.</summary>
    public const int MaxDecodedLength = 2_000_000_000;

    /// <summary>Refuses more images than memory is meant for.</summary>
    /// <exception cref="DatasetException">Decoded, they are over <see cref="MaxDecodedLength"/>.</exception>
    public static void RequireDecodable(string what, long images, ImageShape shape)
    {
        var length = images * shape.RecordLength;
        if (length > MaxDecodedLength)
        {
            throw new DatasetException(FormattableString.Invariant(
                $"{what}: {images:N0} {shape.Examples} are {length:N0} bytes; expected at most {MaxDecodedLength:N0}"));
        }
    }
}
