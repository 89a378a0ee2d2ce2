using System.Text.Json.Serialization;

namespace FlDurable.Api;

/// <summary>Why a request was not done: problem details by RFC 9457.</summary>
/// <param name="Type">The cause, as a URI relative to the host; docs/api.md lists them.</param>
/// <param name="Title">The cause in short.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What happened, for a person.</param>
/// <param name="Errors">What is wrong with each field of the request, <c>$</c> being its body as a whole.</param>
/// <param name="TraceId">By what the host's log has more of it; absent unless something in the host broke.</param>
public sealed record ApiProblem(
    string Type, string Title, int Status, string? Detail = null, IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors = null,
    string? TraceId = null)
{
    /// <summary>The media type.</summary>
    [JsonIgnore]
    public static string ContentType => "application/problem+json";
}
