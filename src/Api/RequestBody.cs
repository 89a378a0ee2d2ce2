using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api;

/// <summary>Reads the JSON that a request brings, and no more of it than is allowed.</summary>
internal static class RequestBody
{
    private const int ChunkBytes = 16 * 1024;

    /// <exception cref="UnsuitableBodyException">It is not said to be JSON, or is too long.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadJsonAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        RefuseOtherMedia(request);
        if (request.ContentLength > maxBytes)
            throw TooLong(maxBytes);
        var body = new ArrayBufferWriter<byte>();
        while (await request.Body.ReadAsync(body.GetMemory(ChunkBytes), cancellationToken) is var read and > 0)
        {
            body.Advance(read);
            if (body.WrittenCount > maxBytes)
                throw TooLong(maxBytes);
        }

        return body.WrittenMemory;
    }

    private static void RefuseOtherMedia(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var media)
            || !(media.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || media.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)))
        {
            throw Unsupported("expected a body with Content-Type application/json");
        }

        if (media.Charset is { HasValue: true } charset && !HeaderUtilities.RemoveQuotes(charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            throw Unsupported("expected JSON in UTF-8");
        if (request.Headers.ContentEncoding.Any(encoding => !string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase)))
            throw Unsupported("expected a body without Content-Encoding");
    }

    private static UnsuitableBodyException Unsupported(string message) => new(ProblemKind.UnsupportedMedia, message);

    private static UnsuitableBodyException TooLong(int maxBytes) => new(
        ProblemKind.BodyTooLong, FormattableString.Invariant($"expected a body of at most {maxBytes} bytes"));
}
