namespace FlDurable.Shared.Datasets.Images;

/// <summary>The checksum of zlib's format (RFC 1950, 8.2).</summary>
internal static class Adler32
{
    /// <summary>The checksum of nothing.</summary>
    public const uint Start = 1;

    private const uint Modulus = 65_521;

    // As many bytes as can be added before the sums have to be reduced.
    private const int Longest = 5552;

    /// <summary>The checksum of what had the checksum <paramref name="adler"/>, followed by more.</summary>
    public static uint Append(uint adler, ReadOnlySpan<byte> content)
    {
        var (low, high) = (adler & 0xFFFF, adler >> 16);
        while (!content.IsEmpty)
        {
            var part = content[..Math.Min(Longest, content.Length)];
            foreach (var value in part)
            {
                low += value;
                high += low;
            }

            low %= Modulus;
            high %= Modulus;
            content = content[part.Length..];
        }

        return (high << 16) | low;
    }
}
