using System.Buffers.Binary;

namespace FlDurable.Shared.Datasets.Images;

/// <summary>A JPEG's frame: its size and its components (T.81, B.2.2), and what the scans have brought of them so far.</summary>
internal sealed class JpegFrame
{
    private const int BlockSide = 8;
    private const int FixedLength = 6;
    private const int ComponentLength = 3;

    private JpegFrame(int width, int height, bool isProgressive, JpegComponent[] components)
    {
        (Width, Height, IsProgressive, Components) = (width, height, isProgressive, components);
        MostAcross = components.Max(component => component.Across);
        MostDown = components.Max(component => component.Down);
        McusAcross = Ceiling(width, BlockSide * MostAcross);
        McusDown = Ceiling(height, BlockSide * MostDown);
        foreach (var component in components)
        {
            component.BlocksAcross = Ceiling(Ceiling(width * component.Across, MostAcross), BlockSide);
            component.BlocksDown = Ceiling(Ceiling(height * component.Down, MostDown), BlockSide);
            component.Stride = McusAcross * component.Across;
            component.HasValue = isProgressive ? new ulong[component.Stride * McusDown * component.Down] : [];
        }
    }

    public int Width { get; }

    public int Height { get; }

    public bool IsProgressive { get; }

    public IReadOnlyList<JpegComponent> Components { get; }

    public int McusAcross { get; }

    public int McusDown { get; }

    private int MostAcross { get; }

    private int MostDown { get; }

    /// <summary>Reads a frame's header.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or of a kind that isn't read.</exception>
    public static JpegFrame Read(ReadOnlySpan<byte> segment, bool isProgressive)
    {
        if (segment.Length < FixedLength || segment.Length != FixedLength + ComponentLength * segment[5])
            throw new InvalidDataException(FormattableString.Invariant($"a frame's header of {segment.Length} bytes"));
        if (segment[0] != 8)
            throw new InvalidDataException(FormattableString.Invariant($"{segment[0]} bits a sample; 8 are read"));
        var height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        var width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        ImageStructure.RequireSize(width, height);
        if (segment[5] is not (1 or 3 or 4))
            throw new InvalidDataException(FormattableString.Invariant($"{segment[5]} components; 1, 3 or 4 are read"));
        var components = new JpegComponent[segment[5]];
        for (var index = 0; index < components.Length; index++)
        {
            var part = segment.Slice(FixedLength + ComponentLength * index, ComponentLength);
            var (across, down) = (part[1] >> 4, part[1] & 0xF);
            if (across is < 1 or > 4 || down is < 1 or > 4)
                throw new InvalidDataException(FormattableString.Invariant($"a component of {across}×{down} blocks; 1 to 4 are possible"));
            components[index] = new JpegComponent(part[0], across, down);
        }

        return new JpegFrame(width, height, isProgressive, components);
    }

    /// <summary>Refuses a picture of which scans are missing.</summary>
    public void RequireWhole()
    {
        if (Components.Any(component => !component.IsWhole(IsProgressive)))
            throw new InvalidDataException("truncated: scans are missing");
    }

    private static int Ceiling(int value, int by) => (value + by - 1) / by;
}
