using System.Collections.Concurrent;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api;

/// <summary>
/// An answer with JSON, written as all contracts are, whatever options the host has. What is read has an entity tag, and is not sent to who names that: whoever asks again and again is
/// sent what has changed.
/// </summary>
internal sealed class ApiAnswer<T>(int status, T content, string contentType = "application/json") : IResult, IStatusCodeHttpResult
{
    private const string Charset = "; charset=utf-8";

    private readonly ConcurrentDictionary<PathString, Written>? written;

    public int? StatusCode => status;

    /// <summary>Whether it is given to many, and so written once for all of them.</summary>
    public bool IsForMany
    {
        get => written is not null;
        init => written = value ? new() : null;
    }

    /// <summary>Where what it is about is, below the host's address.</summary>
    public string? Location { get; init; }

    /// <summary>When to ask again.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>How long it was waited because the request preferred so.</summary>
    public int? GrantedWaitSeconds { get; init; }

    /// <summary>The media that a body may be of, where it was of another (RFC 9110, 15.5.16).</summary>
    public string? Accept { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var prefix = httpContext.Request.PathBase;
        response.StatusCode = status;
        if (Location is not null)
            response.Headers.Location = prefix.ToUriComponent() + Location;
        if (RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = $"{seconds}";
        if (GrantedWaitSeconds is { } granted)
            response.Headers["Preference-Applied"] = $"{RequestPatience.Name}={granted}";
        if (Accept is not null)
            response.Headers.Accept = Accept;
        response.Headers.CacheControl = "no-store";
        var (json, isRead) = (WriteFor(prefix), status == StatusCodes.Status200OK && (HttpMethods.IsGet(httpContext.Request.Method) || HttpMethods.IsHead(httpContext.Request.Method)));
        var coding = ContentCoding.Choose(httpContext.Request, json.Content.Length);
        ContentCoding.Declare(response, coding);
        if (isRead)
        {
            var tag = json.Tag(coding);
            response.Headers.ETag = tag.ToString();
            if (IsKnown(httpContext.Request, tag))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                response.Headers.Remove(HeaderNames.ContentEncoding);
                return Task.CompletedTask;
            }
        }

        var body = json.In(coding);
        (response.ContentType, response.ContentLength) = (contentType + Charset, body.Length);
        return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }

    private static bool IsKnown(HttpRequest request, EntityTagHeaderValue tag) =>
        EntityTagHeaderValue.TryParseList([.. request.Headers.IfNoneMatch.OfType<string>()], out var known)
        && known.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: false)); // RFC 9110, 13.1.2

    private Written WriteFor(PathString prefix)
    {
        return written?.GetOrAdd(prefix, _ => Write()) ?? Write();

        Written Write() => new(JsonSerializer.SerializeToUtf8Bytes(
            content is IHasPaths<T> linked && prefix.HasValue ? linked.Below(prefix) : content, ContractJson.Options));
    }

    /// <summary>What is sent, once for all to whom it is.</summary>
    private sealed class Written(byte[] content)
    {
        private readonly ConcurrentDictionary<string, byte[]> coded = new(StringComparer.Ordinal);
        private readonly Lazy<string> digest = new(() => Convert.ToHexStringLower(SHA256.HashData(content)));

        public byte[] Content => content;

        public byte[] In(string? coding) => coding is null ? content : coded.GetOrAdd(coding, _ => ContentCoding.Encode(content, coding));

        /// <summary>Each coding has an entity tag of its own (RFC 9110, 8.8.3.3); none is encoded for it.</summary>
        public EntityTagHeaderValue Tag(string? coding) => new($"\"{digest.Value}{(coding is null ? "" : $"-{coding}")}\"");
    }
}

/// <summary>The answers of the API.</summary>
internal static class ApiAnswers
{
    public static IResult Json<T>(T content) => new ApiAnswer<T>(StatusCodes.Status200OK, content);

    public static IResult Problem(ProblemKind kind, string? detail, int? retryAfterSeconds = null, string? traceId = null) =>
        Problem(kind, detail, errors: [], retryAfterSeconds, traceId);

    public static IResult Problem(
        ProblemKind kind, string? detail, IReadOnlyList<SpecError> errors, int? retryAfterSeconds = null, string? traceId = null) =>
        new ApiAnswer<ApiProblem>(
            kind.Status, new ApiProblem(kind.Type, kind.Title, kind.Status, detail, FieldErrors.ByField(errors), traceId), ApiProblem.ContentType)
        {
            RetryAfterSeconds = retryAfterSeconds,
            Accept = kind == ProblemKind.UnsupportedMedia ? MediaTypeNames.Application.Json : null,
        };
}
