using System.Buffers;
using System.Text;

namespace FlDurable.Shared.Datasets.Sources.Tables;

/// <summary>
/// A table's text as it is read: UTF-8, or UTF-16 if it begins with that one's mark. The beginning is looked at for what divides the columns, and all of
/// it for bytes that are no text, and for double quotes that don't enclose a cell.
/// </summary>
internal sealed class TableText : TextReader
{
    private const int HeadLength = 1 << 20;

    private readonly string place;
    private readonly StreamReader reader;
    private readonly char[] head;
    private readonly int headLength;
    private readonly QuoteCheck quotes;
    private int at;

    /// <summary>Begins with a stream, which stays its owner's.</summary>
    /// <exception cref="DatasetException">It does not begin like text.</exception>
    public TableText(Stream stream, string place)
    {
        this.place = place;
        reader = new StreamReader(new CheckedUtf8(stream, place), new UTF8Encoding(false), detectEncodingFromByteOrderMarks: true, bufferSize: 1 << 16, leaveOpen: true);
        head = new char[HeadLength];
        headLength = reader.ReadBlock(head);
        Separator = SeparatorIn(head.AsSpan(0, headLength));
        quotes = new QuoteCheck(place, Separator);
    }

    /// <summary>What divides the columns: a tab or a semicolon if the first line has one, else a comma.</summary>
    public char Separator { get; }

    public override int Read(Span<char> buffer)
    {
        var length = at == headLength ? reader.Read(buffer) : Math.Min(buffer.Length, headLength - at);
        if (at < headLength)
        {
            head.AsSpan(at, length).CopyTo(buffer);
            at += length;
        }

        if (length > 0)
            quotes.Look(buffer[..length]);
        else if (!buffer.IsEmpty)
            quotes.End();
        return length;
    }

    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    public override int Peek() => throw new NotSupportedException(place);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            reader.Dispose();
        base.Dispose(disposing);
    }

    private static char SeparatorIn(ReadOnlySpan<char> text)
    {
        var isQuoted = false;
        var found = ',';
        var hasContent = false;
        foreach (var character in text)
        {
            if (character == '"')
                isQuoted = !isQuoted;
            else if (isQuoted)
                continue;
            else if (character is '\n' or '\r' && hasContent)
                break;
            else if (character == '\t')
                return '\t';
            else if (character == ';')
                found = ';';
            hasContent |= !char.IsWhiteSpace(character);
        }

        return found;
    }

    /// <summary>Looks at bytes that go through for such as are no UTF-8, unless they begin with another encoding's mark.</summary>
    private sealed class CheckedUtf8(Stream inner, string place) : Stream
    {
        private readonly byte[] rest = new byte[4];
        private int restLength;
        private long line = 1;
        private int commas;
        private int semicolons;
        private int tabs;
        private bool isBegun;
        private bool isOther;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var read = isBegun ? inner.Read(buffer) : inner.ReadAtLeast(buffer, Math.Min(4, buffer.Length), throwOnEndOfStream: false);
            if (!isBegun)
            {
                isBegun = true;
                isOther = buffer[..read].StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || buffer[..read].StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]);
            }

            if (!isOther)
                Check(buffer[..read]);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private void Check(ReadOnlySpan<byte> bytes)
        {
            if (bytes.IsEmpty && restLength > 0)
                throw Refused(rest[0]);
            while (restLength > 0 && !bytes.IsEmpty)
            {
                rest[restLength++] = bytes[0];
                bytes = bytes[1..];
                var status = Rune.DecodeFromUtf8(rest.AsSpan(0, restLength), out _, out _);
                if (status == OperationStatus.InvalidData)
                    throw Refused(rest[0]);
                if (status == OperationStatus.Done)
                    restLength = 0;
            }

            while (!bytes.IsEmpty)
            {
                if (bytes[0] < 0x80)
                {
                    Count(bytes[0]);
                    bytes = bytes[1..];
                    continue;
                }

                var status = Rune.DecodeFromUtf8(bytes, out _, out var length);
                if (status == OperationStatus.InvalidData)
                    throw Refused(bytes[0]);
                if (status == OperationStatus.NeedMoreData)
                {
                    bytes.CopyTo(rest);
                    restLength = bytes.Length;
                    return;
                }

                bytes = bytes[length..];
            }
        }

        private void Count(byte character)
        {
            switch (character)
            {
                case (byte)'\n':
                    line++;
                    (commas, semicolons, tabs) = (0, 0, 0);
                    break;
                case (byte)',':
                    commas++;
                    break;
                case (byte)';':
                    semicolons++;
                    break;
                case (byte)'\t':
                    tabs++;
                    break;
                default:
                    break;
            }
        }

        private DatasetException Refused(byte what) => new(FormattableString.Invariant(
            $"{place}: line {line}, column {1 + (tabs > 0 ? tabs : semicolons > 0 ? semicolons : commas)}: the byte 0x{what:X2} is no UTF-8; save the file as UTF-8, or as UTF-16 with its mark"));
    }
}
