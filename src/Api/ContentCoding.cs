using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api;

/// <summary>
/// Content in fewer bytes, for who takes it so (RFC 9110, 12.5.3). Nothing that is compressed holds a secret, neither the key nor anything that it protects
/// from who sends the request, so that no length of an answer tells of one. Models are not compressed: parameters don't get shorter, and a part of a file is
/// a part of its bytes.
/// </summary>
internal static class ContentCoding
{
    private const int WorthIt = 1024;
    private const string Brotli = "br";
    private const string GZip = "gzip";

    /// <summary>The coding that a request likes best of those that there are; null for none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="length">How long the content is; what is short gets no shorter.</param>
    public static string? Choose(HttpRequest request, int length)
    {
        if (length < WorthIt || !StringWithQualityHeaderValue.TryParseList([.. request.Headers.AcceptEncoding.OfType<string>()], out var accepted))
            return null;
        var liked = (string[])[Brotli, GZip];
        return liked.Select(coding => (Coding: coding, Quality: QualityOf(coding))).Where(one => one.Quality > 0).OrderByDescending(one => one.Quality).FirstOrDefault().Coding;

        double QualityOf(string coding) =>
            (accepted.FirstOrDefault(one => one.Value.Equals(coding, StringComparison.OrdinalIgnoreCase)) ?? accepted.FirstOrDefault(one => one.Value == "*")) is { } found
                ? found.Quality ?? 1
                : 0;
    }

    /// <summary>The content in a coding.</summary>
    public static byte[] Encode(byte[] content, string coding)
    {
        using var encoded = new MemoryStream();
        using (Stream encoder = coding == Brotli ? new BrotliStream(encoded, CompressionLevel.Fastest) : new GZipStream(encoded, CompressionLevel.Fastest))
            encoder.Write(content);
        return encoded.ToArray();
    }

    /// <summary>Says of a response that its content depends on what codings are taken, and which one it has.</summary>
    public static void Declare(HttpResponse response, string? coding)
    {
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (coding is not null)
            response.Headers.ContentEncoding = coding;
    }
}
