using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api;

/// <summary>
/// The OpenAPI document as it is served, the same in every host: made when it is first asked for, and never again. Anybody may ask for it,
/// without a key and as often as they like, and making it takes a thousand times what sending it does.
/// </summary>
public sealed class ApiDescription(NetworkRegistry networks, IEngineCatalog engines)
{
    private readonly Lazy<Task<OpenFile>> file = new(async () => new OpenFile(
        Encoding.UTF8.GetBytes(await UnroutedDocument.WriteAsync(networks, engines, CancellationToken.None)), MediaTypeNames.Application.Json));

    /// <summary>The document, or 304 to who has it already.</summary>
    public async Task<IResult> AnswerAsync() => (await file.Value).Answer();
}

/// <summary>A file that needs no key and does not change while the host runs.</summary>
internal sealed class OpenFile(byte[] content, string mediaType)
{
    private readonly EntityTagHeaderValue tag = new($"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\"");

    /// <summary>The file, or 304 to who has it already.</summary>
    public IResult Answer() => TypedResults.Bytes(content, $"{mediaType}; charset=utf-8", entityTag: tag);
}
