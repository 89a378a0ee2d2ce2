using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Texts;

namespace FlDurable.DurableTask.Adapters;

/// <summary>
/// Where a page ended, as text for an address: letters, digits, dashes and underscores, and a checksum, since Azure Storage takes what is
/// no token of its for the end of the list.
/// </summary>
internal static class ContinuationTokens
{
    private const int ChecksumBytes = 6;

    /// <summary>Wraps Durable Task's token.</summary>
    /// <returns>The token to hand out; null after the last page.</returns>
    public static string? Wrap(string? token)
    {
        if (string.IsNullOrEmpty(token))
            return null;
        var content = Encoding.UTF8.GetBytes(token);
        return Base64Url.EncodeToString([.. Checksum(content), .. content]);
    }

    /// <summary>Durable Task's token again; null for the first page.</summary>
    /// <exception cref="ArgumentException">It is none that <see cref="Wrap"/> has given.</exception>
    public static string? Unwrap(string? token)
    {
        if (token is null)
            return null;
        var bytes = Decode(token);
        if (bytes.Length <= ChecksumBytes || !bytes.AsSpan(0, ChecksumBytes).SequenceEqual(Checksum(bytes.AsSpan(ChecksumBytes))))
            throw NoToken(token);
        return Encoding.UTF8.GetString(bytes.AsSpan(ChecksumBytes));
    }

    private static byte[] Decode(string token)
    {
        try
        {
            return Base64Url.DecodeFromChars(token);
        }
        catch (FormatException)
        {
            throw NoToken(token);
        }
    }

    private static ReadOnlySpan<byte> Checksum(ReadOnlySpan<byte> content) => SHA256.HashData(content).AsSpan(0, ChecksumBytes);

    private static ArgumentException NoToken(string token) =>
        new($"'{Excerpt.Of(token)}' is none");
}
