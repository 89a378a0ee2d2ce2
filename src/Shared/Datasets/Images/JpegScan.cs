namespace FlDurable.Shared.Datasets.Images;

/// <summary>
/// A scan of a JPEG, followed block by block as a decoder would (T.81, annexes F and G), but for the values: it must have exactly the bits
/// that its blocks take.
/// </summary>
internal sealed class JpegScan
{
    private const int MostBlocks = 10;
    private const int LastCoefficient = 63;
    private const int MaxBit = 13;
    private const int MostDcBits = 11;

    private readonly JpegFrame frame;
    private readonly Part[] parts;
    private readonly int first;
    private readonly int last;
    private readonly int high;
    private readonly int low;
    private readonly int restartInterval;
    private int endOfBand;

    private JpegScan(JpegFrame frame, Part[] parts, (int First, int Last, int High, int Low) band, int restartInterval)
    {
        (this.frame, this.parts, this.restartInterval) = (frame, parts, restartInterval);
        (first, last, high, low) = band;
    }

    private readonly record struct Part(JpegComponent Component, JpegHuffmanTable? Dc, JpegHuffmanTable? Ac);

    /// <summary>Reads a scan's header (T.81, B.2.3).</summary>
    /// <exception cref="InvalidDataException">It is damaged, or does not follow from what came before.</exception>
    public static JpegScan Of(JpegFrame frame, JpegTables tables, ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 1 || segment[0] is < 1 or > 4 || segment.Length != 4 + 2 * segment[0])
            throw new InvalidDataException(FormattableString.Invariant($"a scan's header of {segment.Length} bytes"));
        var count = segment[0];
        var end = segment[(1 + 2 * count)..];
        var band = (First: (int)end[0], Last: (int)end[1], High: end[2] >> 4, Low: end[2] & 0xF);
        if (!frame.IsProgressive)
            band = (0, LastCoefficient, 0, 0);
        var isRight = band is { First: 0, Last: 0 } or { First: > 0, Last: <= LastCoefficient } && band.First <= band.Last && band.Low <= MaxBit
            && (band.High == 0 || band.High == band.Low + 1) && (band.First == 0 || count == 1);
        if (frame.IsProgressive && !isRight)
            throw new InvalidDataException(FormattableString.Invariant($"a scan of coefficients {band.First} to {band.Last}, bits {band.High} to {band.Low}"));
        var parts = new Part[count];
        for (var index = 0; index < count; index++)
        {
            var (id, numbers) = (segment[1 + 2 * index], segment[2 + 2 * index]);
            var component = frame.Components.FirstOrDefault(component => component.Id == id)
                ?? throw new InvalidDataException(FormattableString.Invariant($"a scan of component {id}, which the frame does not have"));
            if (parts.Take(index).Any(part => part.Component == component) || numbers >> 4 > 3 || (numbers & 0xF) > 3)
                throw new InvalidDataException("a damaged scan's header");
            component.Send(band.First, band.Last, band.High, band.Low);
            parts[index] = new Part(
                component,
                band is { First: 0, High: 0 } ? tables.Dc(numbers >> 4) : null,
                band.Last > 0 ? tables.Ac(numbers & 0xF) : null);
        }

        if (count > 1 && parts.Sum(part => part.Component.Across * part.Component.Down) > MostBlocks)
            throw new InvalidDataException(FormattableString.Invariant($"a scan of more than {MostBlocks} blocks an MCU"));
        return new JpegScan(frame, parts, band, tables.RestartInterval);
    }

    /// <summary>Follows the scan.</summary>
    /// <param name="content">What comes behind its header.</param>
    /// <returns>Where it ends in the content.</returns>
    /// <exception cref="InvalidDataException">It is truncated or damaged.</exception>
    public int Follow(ReadOnlySpan<byte> content)
    {
        var bits = new JpegBits(content);
        var (across, down) = parts.Length == 1
            ? (parts[0].Component.BlocksAcross, parts[0].Component.BlocksDown)
            : (frame.McusAcross, frame.McusDown);
        var (untilRestart, restarts) = (restartInterval, 0);
        for (var y = 0; y < down; y++)
        {
            for (var x = 0; x < across; x++)
            {
                if (restartInterval > 0 && untilRestart-- == 0)
                {
                    bits.Restart(restarts++ & 7);
                    endOfBand = 0;
                    untilRestart = restartInterval - 1;
                }

                FollowMcu(ref bits, x, y);
            }
        }

        return bits.End();
    }

    private void FollowMcu(ref JpegBits bits, int x, int y)
    {
        if (parts.Length == 1)
        {
            FollowBlock(ref bits, parts[0], y * parts[0].Component.Stride + x);
            return;
        }

        foreach (var part in parts)
        {
            var component = part.Component;
            for (var down = 0; down < component.Down; down++)
            {
                for (var across = 0; across < component.Across; across++)
                    FollowBlock(ref bits, part, (y * component.Down + down) * component.Stride + x * component.Across + across);
            }
        }
    }

    private void FollowBlock(ref JpegBits bits, Part part, int block)
    {
        if (!frame.IsProgressive)
        {
            FollowDc(ref bits, part);
            FollowAc(ref bits, part);
            return;
        }

        ref var hasValue = ref part.Component.HasValue[block];
        switch (first, high)
        {
            case (0, 0):
                FollowDc(ref bits, part);
                break;
            case (0, _):
                bits.Skip(1);
                break;
            case (_, 0):
                FollowFirstBits(ref bits, part.Ac!, ref hasValue);
                break;
            default:
                FollowRefinement(ref bits, part.Ac!, ref hasValue);
                break;
        }
    }

    private static void FollowDc(ref JpegBits bits, Part part)
    {
        var length = bits.Symbol(part.Dc!);
        if (length > MostDcBits)
            throw new InvalidDataException(FormattableString.Invariant($"damaged: a difference of {length} bits"));
        bits.Skip(length);
    }

    /// <summary>All coefficients but the first (F.2.2.2): each symbol is a run of zeros and the length of the value behind it.</summary>
    private static void FollowAc(ref JpegBits bits, Part part)
    {
        for (var coefficient = 1; coefficient <= LastCoefficient;)
        {
            var symbol = bits.Symbol(part.Ac!);
            var (run, length) = (symbol >> 4, symbol & 0xF);
            if (length == 0 && run < 15)
                return;
            coefficient += run + 1;
            if (coefficient > LastCoefficient + 1)
                throw BeyondBlock();
            bits.Skip(length);
        }
    }

    /// <summary>A band's coefficients for the first time (G.1.2.2); a run of blocks may have none.</summary>
    private void FollowFirstBits(ref JpegBits bits, JpegHuffmanTable table, ref ulong hasValue)
    {
        if (endOfBand > 0)
        {
            endOfBand--;
            return;
        }

        for (var coefficient = first; coefficient <= last;)
        {
            var symbol = bits.Symbol(table);
            var (run, length) = (symbol >> 4, symbol & 0xF);
            if (length == 0 && run < 15)
            {
                endOfBand = (1 << run) - 1 + bits.Read(run);
                return;
            }

            coefficient += run;
            if (coefficient > last)
                throw BeyondBlock();
            if (length > 0)
                hasValue |= 1UL << coefficient;
            bits.Skip(length);
            coefficient++;
        }
    }

    /// <summary>One more bit of a band (G.1.2.3): of each coefficient that has a value, and the signs of those that get one.</summary>
    private void FollowRefinement(ref JpegBits bits, JpegHuffmanTable table, ref ulong hasValue)
    {
        var coefficient = first;
        while (endOfBand == 0 && coefficient <= last)
        {
            var symbol = bits.Symbol(table);
            var (run, length) = (symbol >> 4, symbol & 0xF);
            if (length > 1)
                throw new InvalidDataException(FormattableString.Invariant($"damaged: a new value of {length} bits"));
            if (length == 0 && run < 15)
            {
                endOfBand = (1 << run) + bits.Read(run);
                break;
            }

            bits.Skip(length);
            while (coefficient <= last && ((hasValue >> coefficient & 1) != 0 || run-- > 0))
            {
                bits.Skip((int)(hasValue >> coefficient & 1));
                coefficient++;
            }

            if (coefficient > last && length > 0)
                throw BeyondBlock();
            if (length > 0)
                hasValue |= 1UL << coefficient;
            coefficient++;
        }

        if (endOfBand == 0)
            return;
        for (; coefficient <= last; coefficient++)
            bits.Skip((int)(hasValue >> coefficient & 1));
        endOfBand--;
    }

    private static InvalidDataException BeyondBlock() => new("damaged: a value beyond its block");
}
