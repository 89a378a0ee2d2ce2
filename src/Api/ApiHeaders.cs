using System.Globalization;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>What the document says of headers.</summary>
internal static class ApiHeaders
{
    private static readonly Dictionary<string, string> Meanings = new(StringComparer.Ordinal)
    {
        [HeaderNames.Location] = "Where the federation is, relative to the host.",
        [HeaderNames.RetryAfter] = "After how many seconds to ask again.",
        [HeaderNames.ETag] = "What is sent, in quotes: of a file its SHA-256.",
        [HeaderNames.AcceptRanges] = "bytes: a part can be asked for.",
        [HeaderNames.ContentRange] = "Which part of the file it is.",
        [HeaderNames.WWWAuthenticate] = "In which header the key is expected.",
        [HeaderNames.Accept] = "Of which media a body can be.",
        [PreferenceApplied] = "How long was waited, as the request preferred.",
    };

    private const string PreferenceApplied = "Preference-Applied";

    /// <summary>The headers by which a part of a file is asked for, or the file on a condition.</summary>
    public static IReadOnlyList<string> Conditions { get; } = [HeaderNames.Range, HeaderNames.IfRange, HeaderNames.IfMatch, HeaderNames.IfNoneMatch];

    /// <summary>Adds the headers that an operation's answers have.</summary>
    public static void Describe(OpenApiOperation operation)
    {
        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (response is not OpenApiResponse answer)
                continue;
            foreach (var header in Of(status, operation))
            {
                answer.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
                answer.Headers[header] = new OpenApiHeader
                {
                    Description = Meanings[header],
                    Required = header != PreferenceApplied && (status, header) is not (("412", "ETag") or ("200", "Retry-After")),
                    Schema = new OpenApiSchema { Type = header == HeaderNames.RetryAfter ? JsonSchemaType.Integer : JsonSchemaType.String },
                };
            }
        }
    }

    private static IEnumerable<string> Of(string status, OpenApiOperation operation)
    {
        var isFile = operation.Parameters?.Any(parameter => parameter.Name == HeaderNames.Range) == true;
        var isTagged = operation.Responses?.ContainsKey("304") == true;
        var starts = operation.Parameters?.Any(parameter => parameter.Name == RequestPatience.Name) == true;
        return int.Parse(status, CultureInfo.InvariantCulture) switch
        {
            200 when starts => [HeaderNames.Location, PreferenceApplied],
            202 when starts => [HeaderNames.Location, HeaderNames.RetryAfter, PreferenceApplied],
            202 => [HeaderNames.Location, HeaderNames.RetryAfter],
            200 when operation.OperationId == "getFederation" => [HeaderNames.ETag, HeaderNames.RetryAfter],
            200 when isFile => [HeaderNames.ETag, HeaderNames.AcceptRanges],
            200 when isTagged => [HeaderNames.ETag],
            206 => [HeaderNames.ETag, HeaderNames.AcceptRanges, HeaderNames.ContentRange],
            304 => [HeaderNames.ETag],
            401 => [HeaderNames.WWWAuthenticate],
            415 => [HeaderNames.Accept],
            412 when isFile => [HeaderNames.ETag],
            416 => [HeaderNames.ETag, HeaderNames.AcceptRanges, HeaderNames.ContentRange],
            503 => [HeaderNames.RetryAfter],
            _ => [],
        };
    }
}
