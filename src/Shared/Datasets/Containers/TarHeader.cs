using System.Buffers.Binary;
using System.Text;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A header block of a tar archive (POSIX.1 ustar and pax, GNU).</summary>
/// <param name="Name">The name in the block itself.</param>
/// <param name="Length">Bytes of content behind it.</param>
/// <param name="Type">What it is the header of.</param>
internal readonly record struct TarHeader(string Name, long Length, char Type)
{
    /// <summary>Everything in a tar is a whole number of these.</summary>
    public const int BlockLength = 512;

    public const char File = '0';
    public const char OldFile = '\0';
    public const char ContiguousFile = '7';
    public const char HardLink = '1';
    public const char SymbolicLink = '2';
    public const char Folder = '5';
    public const char GnuSparseFile = 'S';
    public const char GnuLongName = 'L';
    public const char GnuLongLink = 'K';
    public const char PaxAttributes = 'x';
    public const char PaxGlobalAttributes = 'g';

    private const int ChecksumAt = 148;
    private const int ChecksumLength = 8;

    /// <summary>Reads a block.</summary>
    /// <exception cref="InvalidDataException">Its checksum is wrong, or a field can't be read.</exception>
    public static TarHeader Read(ReadOnlySpan<byte> block)
    {
        if (!HasChecksum(block))
            throw Damaged("a header has a wrong checksum");

        // GNU's own format has other fields where POSIX has the name's beginning.
        var isPosix = block[257..].StartsWith("ustar\0"u8);
        var name = Text(block[..100]);
        var prefix = isPosix ? Text(block.Slice(345, 155)) : "";
        return new TarHeader(prefix.Length > 0 ? $"{prefix}/{name}" : name, Number(block.Slice(124, 12)), (char)block[156]);
    }

    /// <summary>Whether a block's checksum is right, as it is in every tar's first.</summary>
    public static bool HasChecksum(ReadOnlySpan<byte> block)
    {
        // Some old programs have added signed bytes.
        var (unsigned, signed) = (ChecksumLength * ' ', ChecksumLength * ' ');
        for (var at = 0; at < BlockLength; at++)
        {
            if (at is >= ChecksumAt and < ChecksumAt + ChecksumLength)
                continue;
            unsigned += block[at];
            signed += (sbyte)block[at];
        }

        return TryOctal(block.Slice(ChecksumAt, ChecksumLength), out var said) && (said == unsigned || said == signed);
    }

    /// <summary>What is wrong with an archive whose bytes are not those that were written: it was cut off, or changed since.</summary>
    public static InvalidDataException Damaged(string what) => new($"truncated or damaged: {what}. Get the file again");

    private static string Text(ReadOnlySpan<byte> field) =>
        Encoding.UTF8.GetString(field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field);

    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) == 0)
            return TryOctal(field, out var octal) ? octal : throw Damaged("a header's length is no number");

        // GNU's form of large numbers: two's complement after the first bit.
        return field[0] == 0x80 && BinaryPrimitives.ReadUInt32BigEndian(field) == 0x8000_0000 && BinaryPrimitives.ReadInt64BigEndian(field[4..]) is >= 0 and var number
            ? number
            : throw Damaged("a header's length is negative or beyond all files");
    }

    private static bool TryOctal(ReadOnlySpan<byte> field, out long number)
    {
        number = 0;
        var digits = field.Trim(" \0"u8);
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            number = number << 3 | (uint)(digit - '0');
        }

        return true;
    }
}
