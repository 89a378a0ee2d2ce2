namespace FlDurable.Shared.Datasets.Images;

/// <summary>The bits of a scan, up to the next marker (T.81, F.2.2.5).</summary>
internal ref struct JpegBits(ReadOnlySpan<byte> content)
{
    private readonly ReadOnlySpan<byte> content = content;
    private int at;
    private ulong waiting;
    private int count;

    /// <summary>Reads a symbol.</summary>
    /// <exception cref="InvalidDataException">The bits end, or are no code of the table.</exception>
    public byte Symbol(JpegHuffmanTable table)
    {
        if (count < JpegHuffmanTable.LongestCode)
            Fill();
        var bits = count >= JpegHuffmanTable.LongestCode
            ? (uint)(waiting >> (count - JpegHuffmanTable.LongestCode))
            : (uint)(waiting << (JpegHuffmanTable.LongestCode - count));
        var (length, symbol) = table.Decode(bits & 0xFFFF);
        Skip(length);
        return symbol;
    }

    /// <summary>Reads up to sixteen bits.</summary>
    /// <exception cref="InvalidDataException">The bits end.</exception>
    public int Read(int length)
    {
        Skip(length);
        return (int)(waiting >> count) & ((1 << length) - 1);
    }

    /// <summary>Passes over up to sixteen bits.</summary>
    /// <exception cref="InvalidDataException">The bits end.</exception>
    public void Skip(int length)
    {
        if (count < length)
        {
            Fill();
            if (count < length)
                throw new InvalidDataException("truncated: a scan ends before its last block");
        }

        count -= length;
    }

    /// <summary>Goes on behind the restart marker that must follow here.</summary>
    /// <param name="number">The marker's number, 0 to 7.</param>
    public void Restart(int number)
    {
        End();
        if (content.Length - at < 2 || content[at] != JpegMarker.Prefix || content[at + 1] != JpegMarker.FirstRestart + number)
            throw new InvalidDataException(FormattableString.Invariant($"damaged: the restart marker {number} is missing"));
        at += 2;
    }

    /// <summary>Ends the scan, or a part of it, where a marker must follow.</summary>
    /// <returns>Where it ends in the content.</returns>
    public int End()
    {
        Fill();
        if (count >= 8)
            throw new InvalidDataException("damaged: a scan has more bits than its blocks take");
        count = 0;
        while (content.Length - at > 1 && content[at] == JpegMarker.Prefix && content[at + 1] == JpegMarker.Prefix)
            at++;
        return at;
    }

    /// <summary>Fetches what there is up to 56 bits. A zero after 0xFF says that the 0xFF is no marker's beginning.</summary>
    private void Fill()
    {
        while (count <= 48 && at < content.Length)
        {
            var value = content[at];
            if (value == JpegMarker.Prefix)
            {
                if (content.Length - at < 2 || content[at + 1] != 0)
                    return;
                at++;
            }

            at++;
            waiting = waiting << 8 | value;
            count += 8;
        }
    }
}
