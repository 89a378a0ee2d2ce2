namespace FlDurable.Shared.Datasets.Images;

/// <summary>A component of a JPEG: brightness, a colour.</summary>
/// <param name="id">What scans call it.</param>
/// <param name="across">Its blocks in a row of an MCU.</param>
/// <param name="down">Its rows of blocks in an MCU.</param>
internal sealed class JpegComponent(byte id, int across, int down)
{
    private const int Coefficients = 64;
    private const int NotSent = -1;

    // By coefficient: the lowest bit that was sent.
    private readonly int[] lowestBits = [.. Enumerable.Repeat(NotSent, Coefficients)];

    public byte Id => id;

    public int Across => across;

    public int Down => down;

    /// <summary>Blocks in a row, where it is alone in a scan.</summary>
    public int BlocksAcross { get; set; }

    /// <summary>Rows of blocks, where it is alone in a scan.</summary>
    public int BlocksDown { get; set; }

    /// <summary>Blocks in a row of all MCUs.</summary>
    public int Stride { get; set; }

    /// <summary>By block, a bit for each coefficient that is not zero; only in a progressive frame, where later scans depend on it.</summary>
    public ulong[] HasValue { get; set; } = [];

    /// <summary>Notes what a scan brings.</summary>
    /// <exception cref="InvalidDataException">It was sent before, or what it refines was not.</exception>
    public void Send(int first, int last, int high, int low)
    {
        for (var coefficient = first; coefficient <= last; coefficient++)
        {
            if (lowestBits[coefficient] != (high == 0 ? NotSent : high) || (first > 0 && lowestBits[0] == NotSent))
                throw new InvalidDataException("damaged: scans that do not follow from each other");
            lowestBits[coefficient] = low;
        }
    }

    /// <summary>Whether all of it was sent, to the last bit.</summary>
    public bool IsWhole(bool isProgressive) => isProgressive ? lowestBits.All(bit => bit == 0) : lowestBits[0] == 0;
}
