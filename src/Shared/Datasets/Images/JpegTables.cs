namespace FlDurable.Shared.Datasets.Images;

/// <summary>What a JPEG's scans are decoded by, as of the place where they stand in the file.</summary>
internal sealed class JpegTables
{
    private const int LongestCode = 16;

    private readonly JpegHuffmanTable?[] tables = new JpegHuffmanTable?[8];

    /// <summary>MCUs between two restart markers; 0 for none.</summary>
    public int RestartInterval { get; set; }

    /// <summary>The Huffman table of DC differences with a number.</summary>
    public JpegHuffmanTable Dc(int number) => tables[number] ?? throw Missing(number);

    /// <summary>The Huffman table of AC coefficients with a number.</summary>
    public JpegHuffmanTable Ac(int number) => tables[4 + number] ?? throw Missing(number);

    /// <summary>Takes the tables of a DHT segment (T.81, B.2.4.2).</summary>
    public void Take(ReadOnlySpan<byte> segment)
    {
        while (!segment.IsEmpty)
        {
            if (segment.Length < 1 + LongestCode || segment[0] >> 4 > 1 || (segment[0] & 0xF) > 3)
                throw new InvalidDataException("a damaged Huffman table");
            var counts = segment.Slice(1, LongestCode);
            var symbols = 0;
            foreach (var count in counts)
                symbols += count;
            if (symbols > 256 || symbols > segment.Length - 1 - LongestCode)
                throw new InvalidDataException("a damaged Huffman table");
            tables[(segment[0] >> 4) * 4 + (segment[0] & 0xF)] = new JpegHuffmanTable(counts, segment.Slice(1 + LongestCode, symbols));
            segment = segment[(1 + LongestCode + symbols)..];
        }
    }

    private static InvalidDataException Missing(int number) => new($"the Huffman table {number} is missing");
}
