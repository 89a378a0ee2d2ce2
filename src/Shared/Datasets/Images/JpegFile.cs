using System.Buffers.Binary;

namespace FlDurable.Shared.Datasets.Images;

/// <summary>
/// JPEG (ITU-T T.81), sequential and progressive: segments are walked and every scan is followed to its last block (<see cref="JpegScan"/>),
/// since a decoder fills with grey what is missing and calls it a warning.
/// </summary>
internal sealed class JpegFile
{
    // The scans of all encoders that are known are ten or fewer; each may go through the whole picture once more.
    private const int MaxScans = 100;
    private const int MarkerLength = 2;

    private readonly ReadOnlyMemory<byte> file;
    private readonly List<Range> kept = [0..MarkerLength];
    private readonly JpegTables tables = new();
    private JpegFrame? frame;
    private ExifOrientation orientation = ExifOrientation.TopLeft;

    private JpegFile(ReadOnlyMemory<byte> file) => this.file = file;

    /// <inheritdoc cref="ImageStructure.Read"/>
    public static ImageStructure Read(ReadOnlyMemory<byte> file) => new JpegFile(file).Read();

    private ImageStructure Read()
    {
        var span = file.Span;
        var scans = 0;
        for (var at = MarkerLength; ;)
        {
            var marker = MarkerAt(span, ref at);
            if (marker == JpegMarker.EndOfImage)
            {
                kept.Add((at - MarkerLength)..at);
                break;
            }

            var segment = SegmentAt(span, at);
            var start = at - MarkerLength;
            at += MarkerLength + segment.Length;
            Take(marker, segment);
            if (marker == JpegMarker.StartOfScan)
            {
                if (++scans > MaxScans)
                    throw new InvalidDataException(FormattableString.Invariant($"more than {MaxScans} scans"));
                var scan = JpegScan.Of(frame ?? throw new InvalidDataException("a scan before the frame's header"), tables, segment);
                at += scan.Follow(span[at..]);
            }

            if (!IsNote(marker))
                kept.Add(start..at);
        }

        if (frame is null)
            throw new InvalidDataException("it has no frame");
        frame.RequireWhole();
        return new ImageStructure(frame.Width, frame.Height, orientation, Ranges.Join(span, kept));
    }

    private void Take(byte marker, ReadOnlySpan<byte> segment)
    {
        switch (marker)
        {
            case JpegMarker.Baseline or JpegMarker.ExtendedSequential or JpegMarker.Progressive:
                frame = frame is null ? JpegFrame.Read(segment, marker == JpegMarker.Progressive) : throw new InvalidDataException("a second frame");
                break;
            case JpegMarker.HuffmanTables:
                tables.Take(segment);
                break;
            case JpegMarker.RestartInterval:
                tables.RestartInterval = segment.Length == 2
                    ? BinaryPrimitives.ReadUInt16BigEndian(segment)
                    : throw new InvalidDataException(FormattableString.Invariant($"a restart interval of {segment.Length} bytes"));
                break;
            case JpegMarker.Application1 when orientation == ExifOrientation.TopLeft:
                orientation = ExifOrientations.Read(segment);
                break;
            case >= JpegMarker.Baseline and <= JpegMarker.LastFrame:
                throw new InvalidDataException(FormattableString.Invariant($"a lossless, hierarchical or arithmetically coded JPEG (0x{marker:X2})"));
            case JpegMarker.StartOfImage or (>= JpegMarker.FirstRestart and <= JpegMarker.LastRestart):
                throw new InvalidDataException(FormattableString.Invariant($"a marker out of place (0x{marker:X2})"));
        }
    }

    /// <summary>
    /// Profiles, previews, texts: they have no say in the pixels, and a decoder would look into them. JFIF's and Adobe's segments tell what
    /// the components are.
    /// </summary>
    private static bool IsNote(byte marker) => marker == JpegMarker.Comment
        || (marker is > JpegMarker.Application0 and <= JpegMarker.Application15 && marker != JpegMarker.Application14);

    /// <summary>A marker, which may have any number of fill bytes before it (T.81, B.1.1.2).</summary>
    private static byte MarkerAt(ReadOnlySpan<byte> file, ref int at)
    {
        if (at < file.Length && file[at] != JpegMarker.Prefix)
            throw new InvalidDataException(FormattableString.Invariant($"bytes that belong to nothing at byte {at}"));
        while (at < file.Length && file[at] == JpegMarker.Prefix)
            at++;
        if (at >= file.Length)
            throw new InvalidDataException("truncated: its end is missing");
        return file[at++];
    }

    private static ReadOnlySpan<byte> SegmentAt(ReadOnlySpan<byte> file, int at)
    {
        if (file.Length - at < 2)
            throw new InvalidDataException("truncated: its end is missing");
        var length = BinaryPrimitives.ReadUInt16BigEndian(file[at..]);
        return length >= 2 && length <= file.Length - at
            ? file.Slice(at + 2, length - 2)
            : throw new InvalidDataException(FormattableString.Invariant(
                $"truncated: the segment at byte {at} is said to have {length:N0} bytes, {file.Length - at:N0} are left"));
    }
}
