using FlDurable.Shared.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace FlDurable.Api;

/// <summary>An answer with JSON, written as all contracts are, whatever options the host has.</summary>
internal sealed class ApiAnswer<T>(int status, T content, string contentType = "application/json") : IResult
{
    private const string Charset = "; charset=utf-8";

    /// <summary>Where what it is about is, relative to the host.</summary>
    public string? Location { get; init; }

    /// <summary>When to ask again.</summary>
    public int? RetryAfterSeconds { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        if (Location is not null)
            response.Headers.Location = Location;
        if (RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = $"{seconds}";
        response.Headers.CacheControl = "no-store";
        return response.WriteAsJsonAsync(content, ContractJson.Options, contentType + Charset, httpContext.RequestAborted);
    }
}

/// <summary>The answers of the API.</summary>
internal static class ApiAnswers
{
    public static IResult Json<T>(T content) => new ApiAnswer<T>(StatusCodes.Status200OK, content);

    public static IResult Problem(int status, string? detail, int? retryAfterSeconds = null) =>
        Problem(status, detail, errors: [], retryAfterSeconds);

    public static IResult Problem(int status, string? detail, IReadOnlyList<SpecError> errors, int? retryAfterSeconds = null) =>
        new ApiAnswer<ApiProblem>(
            status, new ApiProblem("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, FieldErrors.ByField(errors)),
            ApiProblem.ContentType)
        {
            RetryAfterSeconds = retryAfterSeconds,
        };
}
