using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FlDurable.Api;

/// <summary>
/// What makes of many sends of a start without an id one federation: the <c>Idempotency-Key</c> of draft-ietf-httpapi-idempotency-key-header. The
/// federation's id is made of it and of its caller, and nothing is kept besides: that an id is whose spec comes first is the lock.
/// </summary>
internal static class IdempotencyKey
{
    /// <summary>The header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The longest key.</summary>
    public const int MaxLength = 255;

    private const int IdBytes = 16;

    /// <summary>The id that a request's key stands for; null where it has none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="fields">Told of a key that is none.</param>
    public static string? FindId(HttpRequest request, RequestFields fields)
    {
        if (request.Headers[Header] is not { Count: > 0 } lines)
            return null;
        var key = lines is [{ } line] ? Unquote(line) : null;
        var isKey = key is { Length: >= 1 and <= MaxLength } && key.All(letter => letter is >= '!' and <= '~');
        fields.Expect(Header, isKey, $"{lines}", $"one key of 1 to {MaxLength} visible ASCII characters without blanks, in quotes or not");
        return isKey ? IdOf(CallerOf(request), key!) : null;
    }

    /// <summary>What was sent under a key before.</summary>
    public static string IdOf(string caller, string key) =>
        $"key-{Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(caller), Encoding.UTF8.GetBytes(key)).AsSpan(0, IdBytes))}";

    // Keys of two callers that happen to be alike are two. Azure Functions takes the host's key in the query too.
    private static string CallerOf(HttpRequest request) =>
        request.Headers[ApiDocument.KeyHeader].FirstOrDefault() ?? request.Query["code"].FirstOrDefault() ?? "";

    private static string Unquote(string line) => line is ['"', .. var inner, '"'] && !inner.Contains('"', StringComparison.Ordinal) ? inner : line;
}

/// <summary>A key was sent before, with another request.</summary>
/// <param name="conflict">How the two differ.</param>
internal sealed class KeyReusedException(Orchestrator.FederationConflictException conflict) : Exception(conflict.Message)
{
    /// <summary>How the two differ.</summary>
    public Orchestrator.FederationConflictException Conflict { get; } = conflict;
}
