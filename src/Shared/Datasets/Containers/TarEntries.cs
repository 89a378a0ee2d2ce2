using System.Globalization;
using System.Text;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>
/// The entries of a tar archive, front to back. Written for archives from anywhere: no length in them is believed before it is compared
/// with a limit, every header's checksum is checked, and an archive without its end is no archive.
/// </summary>
internal sealed class TarEntries(Stream stream)
{
    // Names and attributes. No file system has longer names, and they are held in memory.
    private const int MaxExtensionLength = 1 << 16;
    private const int SkippedAtOnce = 1 << 16;

    private readonly byte[] block = new byte[TarHeader.BlockLength];
    private readonly byte[] skipped = new byte[SkippedAtOnce];
    private long left;
    private int padding;

    /// <summary>How much may be unpacked of the archive yet.</summary>
    public long Allowance { get; private set; } = DatasetLimits.MaxTotalLength + DatasetLimits.MaxTotalLength / 4;

    /// <summary>The next entry's header with its whole name; null at the archive's end.</summary>
    /// <exception cref="InvalidDataException">The archive is truncated or damaged, or has what isn't read.</exception>
    public TarHeader? Next()
    {
        string? name = null;
        long? length = null;
        while (true)
        {
            SkipContent();
            ReadBlock();
            if (IsZero())
            {
                ReadBlock();
                return IsZero() ? null : throw TarHeader.Damaged("a block of zeros stands among its entries");
            }

            var header = TarHeader.Read(block);
            switch (header.Type)
            {
                case TarHeader.GnuLongName:
                    name = Encoding.UTF8.GetString(ReadExtension(header)).TrimEnd('\0');
                    break;
                case TarHeader.PaxAttributes:
                    ReadAttributes(ReadExtension(header), ref name, ref length);
                    break;
                case TarHeader.GnuLongLink or TarHeader.PaxGlobalAttributes:
                    _ = ReadExtension(header);
                    break;
                default:
                    // Only files have content, whatever is said of the others.
                    var isFile = header.Type is TarHeader.File or TarHeader.OldFile or TarHeader.ContiguousFile;
                    header = new TarHeader(name ?? header.Name, isFile ? length ?? header.Length : 0, header.Type);
                    SetContent(header.Length);
                    return header;
            }
        }
    }

    /// <summary>The content of the entry that was given last.</summary>
    public Stream Content => new Entry(this);

    private void SetContent(long length)
    {
        left = length;
        padding = (int)(-length & (TarHeader.BlockLength - 1));
    }

    private void SkipContent()
    {
        if (left == 0 && padding == 0)
            return;
        for (var rest = left + padding; rest > 0;)
        {
            var read = Read(skipped.AsSpan(0, (int)Math.Min(skipped.Length, rest)));
            if (read == 0)
                throw Truncated();
            rest -= read;
        }

        (left, padding) = (0, 0);
    }

    private int ReadContent(Span<byte> buffer)
    {
        var read = Read(buffer[..(int)Math.Min(buffer.Length, left)]);
        left -= read;
        return read;
    }

    private byte[] ReadExtension(TarHeader header)
    {
        if (header.Length > MaxExtensionLength)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"a name or attributes of {header.Length:N0} bytes; at most {MaxExtensionLength:N0} are read"));
        }

        SetContent(header.Length);
        var content = new byte[header.Length];
        for (var at = 0; at < content.Length;)
        {
            var read = ReadContent(content.AsSpan(at));
            if (read == 0)
                throw Truncated();
            at += read;
        }

        return content;
    }

    /// <summary>Pax's records: "LENGTH KEY=VALUE\n", where the length is that of the whole record.</summary>
    private static void ReadAttributes(ReadOnlySpan<byte> records, ref string? name, ref long? length)
    {
        while (!records.IsEmpty)
        {
            var blank = records.IndexOf((byte)' ');
            if (blank <= 0 || !int.TryParse(records[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var recordLength)
                || recordLength <= blank + 1 || recordLength > records.Length || records[recordLength - 1] != '\n')
            {
                throw Damaged();
            }

            var record = records[(blank + 1)..(recordLength - 1)];
            records = records[recordLength..];
            var equals = record.IndexOf((byte)'=');
            if (equals <= 0)
                throw Damaged();
            var key = record[..equals];
            var value = record[(equals + 1)..];
            if (key.StartsWith("GNU.sparse"u8))
                throw new InvalidDataException("a sparse file; expected one with all its bytes (tar without --sparse)");
            if (key.SequenceEqual("path"u8))
                name = Encoding.UTF8.GetString(value);
            else if (key.SequenceEqual("size"u8))
                length = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : throw Damaged();
        }
    }

    private static InvalidDataException Damaged() => TarHeader.Damaged("an entry's attributes (pax) can't be read");

    private void ReadBlock()
    {
        for (var at = 0; at < block.Length;)
        {
            var read = Read(block.AsSpan(at));
            if (read == 0)
                throw Truncated();
            at += read;
        }
    }

    private int Read(Span<byte> buffer)
    {
        var read = stream.Read(buffer);
        Allowance -= read;
        return Allowance >= 0
            ? read
            : throw new InvalidDataException(FormattableString.Invariant($"more than {DatasetLimits.MaxTotalLength:N0} bytes unpacked"));
    }

    private bool IsZero() => !block.AsSpan().ContainsAnyExcept((byte)0);

    private static InvalidDataException Truncated() => new("truncated: its end is missing. Get the file again");

    private sealed class Entry(TarEntries entries) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer) => entries.ReadContent(buffer);
    }
}
