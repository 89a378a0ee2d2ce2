namespace FlDurable.Shared.Datasets.Images;

/// <summary>A Huffman table of a JPEG (T.81, annex C): short codes are looked up, long ones compared with the largest of their length.</summary>
internal sealed class JpegHuffmanTable
{
    /// <summary>The longest code.</summary>
    public const int LongestCode = 16;

    private const int LookedUp = 8;

    private readonly byte[] symbols;

    // By a code's length: what is added to a code to get its symbol's index, and the first code that is too large for the length.
    private readonly int[] offsets = new int[LongestCode + 1];
    private readonly int[] ends = new int[LongestCode + 1];

    // By the next eight bits: the code's length in the high byte, the symbol in the low one; 0 where the code is longer.
    private readonly ushort[] shortCodes = new ushort[1 << LookedUp];

    /// <summary>Makes the codes of a table.</summary>
    /// <param name="counts">The number of codes of 1 to 16 bits.</param>
    /// <param name="symbols">The symbols by their codes.</param>
    /// <exception cref="InvalidDataException">There are more codes than bits can tell apart.</exception>
    public JpegHuffmanTable(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        this.symbols = symbols.ToArray();
        var (code, index) = (0, 0);
        for (var length = 1; length <= LongestCode; length++, code <<= 1)
        {
            offsets[length] = index - code;
            for (var end = code + counts[length - 1]; code < end; code++, index++)
            {
                if (code >> length != 0)
                    throw new InvalidDataException("a damaged Huffman table");
                if (length <= LookedUp)
                    shortCodes.AsSpan(code << (LookedUp - length), 1 << (LookedUp - length)).Fill((ushort)(length << 8 | symbols[index]));
            }

            ends[length] = code;
        }
    }

    /// <summary>The symbol that the next bits are the code of.</summary>
    /// <param name="bits">The next sixteen bits.</param>
    /// <returns>The code's length and its symbol.</returns>
    /// <exception cref="InvalidDataException">No code begins so.</exception>
    public (int Length, byte Symbol) Decode(uint bits)
    {
        if (shortCodes[bits >> (LongestCode - LookedUp)] is var found && found != 0)
            return (found >> 8, (byte)found);
        for (var length = LookedUp + 1; length <= LongestCode; length++)
        {
            var code = (int)(bits >> (LongestCode - length));
            if (code < ends[length])
                return (length, symbols[offsets[length] + code]);
        }

        throw new InvalidDataException("damaged: bits that are no code");
    }
}
