using System.Text.Json.Serialization;

namespace FlDurable.Api;

/// <summary>Why a request was not done: problem details by RFC 9457.</summary>
/// <param name="Type">The kind of problem; <c>about:blank</c>: what the status says.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What happened, for a person.</param>
/// <param name="Errors">What is wrong with each field of the request, <c>$</c> being its body as a whole.</param>
public sealed record ApiProblem(
    string Type, string Title, int Status, string? Detail = null, IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors = null)
{
    /// <summary>The media type.</summary>
    [JsonIgnore]
    public static string ContentType => "application/problem+json";
}
