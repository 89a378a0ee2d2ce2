using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
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
    private Task<OpenFile>? file;

    /// <summary>The document, or 304 to who has it already.</summary>
    public async Task<IResult> AnswerAsync() => (await MadeAsync()).Answer();

    private Task<OpenFile> MadeAsync()
    {
        lock (asking)
            return file is null or { IsFaulted: true } ? file = Task.Run(MakeAsync) : file;
    }

    private async Task<OpenFile> MakeAsync() => new(
        Encoding.UTF8.GetBytes(await UnroutedDocument.WriteAsync(table, options, CancellationToken.None)), MediaTypeNames.Application.Json);
}

/// <summary>A file that needs no key and does not change while the host runs.</summary>
internal sealed class OpenFile(byte[] content, string mediaType)
{
    private readonly EntityTagHeaderValue tag = new($"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\"");

    /// <summary>The file, or 304 to who has it already.</summary>
    public IResult Answer() => TypedResults.Bytes(content, $"{mediaType}; charset=utf-8", entityTag: tag);
}
