using System.IO.Compression;

namespace FlDurable.Api.Tests.Contract;

/// <summary>Content as it was before it was coded.</summary>
internal static class CodedContent
{
    public static byte[] Decode(byte[] content, string? coding)
    {
        using var source = new MemoryStream(content);
        using Stream decoder = coding switch
        {
            "br" => new BrotliStream(source, CompressionMode.Decompress),
            "gzip" => new GZipStream(source, CompressionMode.Decompress),
            _ => source,
        };
        using var decoded = new MemoryStream();
        decoder.CopyTo(decoded);
        return decoded.ToArray();
    }
}
