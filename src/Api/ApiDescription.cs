using System.Collections.Concurrent;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlDurable.Shared.Specs;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api;

/// <summary>
/// The OpenAPI document as it is served, the same in every host: made when it is first asked for, and never again. Anybody may ask for it,
/// without a key and as often as they like, and making it takes a thousand times what sending it does. Where making it fails the next who
/// asks has it tried again.
/// </summary>
public sealed class ApiDescription(SpecTable table, FederationApiOptions options)
{
    private readonly Lock asking = new();
    private Task<Made>? made;

    /// <summary>The document, or 304 to who has it already.</summary>
    /// <param name="request">Who asks: the document names the server that a proxy puts before the paths.</param>
    public async Task<IResult> AnswerAsync(HttpRequest request)
    {
        var prefix = request.PathBase;
        var document = await MadeAsync();
        return (prefix.HasValue ? Made.Of(document.Text.Replace(Server(ApiDocument.Server), Server(prefix.ToUriComponent()), StringComparison.Ordinal)) : document).File.Answer(request);
    }

    private static string Server(string url) => $"\"url\": {JsonSerializer.Serialize(url)}";

    private Task<Made> MadeAsync()
    {
        lock (asking)
            return made is null or { IsFaulted: true } ? made = Task.Run(MakeAsync) : made;
    }

    private async Task<Made> MakeAsync() => Made.Of(await UnroutedDocument.WriteAsync(table, options, CancellationToken.None));

    private sealed record Made(string Text, OpenFile File)
    {
        public static Made Of(string text) => new(text, new OpenFile(Encoding.UTF8.GetBytes(text), MediaTypeNames.Application.Json));
    }
}

/// <summary>A file that needs no key and does not change while the host runs.</summary>
internal sealed class OpenFile(byte[] content, string mediaType)
{
    private readonly ConcurrentDictionary<string, (byte[] Content, EntityTagHeaderValue Tag)> coded = new(StringComparer.Ordinal);

    /// <summary>The file, in a coding that is taken, or 304 to who has it already.</summary>
    public IResult Answer(HttpRequest request)
    {
        var coding = ContentCoding.Choose(request, content.Length);
        ContentCoding.Declare(request.HttpContext.Response, coding);
        var (bytes, tag) = coded.GetOrAdd(coding ?? "", _ => Tagged(coding is null ? content : ContentCoding.Encode(content, coding)));
        return TypedResults.Bytes(bytes, $"{mediaType}; charset=utf-8", entityTag: tag);
    }

    // Each coding has an entity tag of its own (RFC 9110, 8.8.3.3).
    private static (byte[], EntityTagHeaderValue) Tagged(byte[] bytes) => (bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\""));
}
