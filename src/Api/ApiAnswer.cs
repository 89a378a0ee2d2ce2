using System.Collections.Concurrent;
using System.Net.Mime;
using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using Microsoft.AspNetCore.Http;

namespace FlDurable.Api;

/// <summary>An answer with JSON, written as all contracts are, whatever options the host has.</summary>
internal sealed class ApiAnswer<T>(int status, T content, string contentType = "application/json") : IResult, IStatusCodeHttpResult
{
    private const string Charset = "; charset=utf-8";

    private readonly ConcurrentDictionary<(PathString Prefix, string? Coding), byte[]>? written;

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
        var json = Written(prefix, coding: null, () => JsonSerializer.SerializeToUtf8Bytes(
            content is IHasPaths<T> linked && prefix.HasValue ? linked.Below(prefix) : content, ContractJson.Options));
        var coding = ContentCoding.Choose(httpContext.Request, json.Length);
        ContentCoding.Declare(response, coding);
        var body = coding is null ? json : Written(prefix, coding, () => ContentCoding.Encode(json, coding));
        (response.ContentType, response.ContentLength) = (contentType + Charset, body.Length);
        return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }

    private byte[] Written(PathString prefix, string? coding, Func<byte[]> write) => written?.GetOrAdd((prefix, coding), _ => write()) ?? write();
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
