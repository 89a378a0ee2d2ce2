using System.Net.Mime;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api;

/// <summary>
/// Parameters as a file, with their hash as the entity tag: a part, nothing or all of it, as the request asks for, and never more than a
/// part of it held. What goes wrong once a part was sent ends the connection, so that nobody takes it for the whole.
/// </summary>
internal sealed class ModelAnswer(IArtifactStore store, ArtifactReference artifact, string fileName, ApiFailures failures) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var content = new ArtifactStream(store, artifact);
        var file = TypedResults.Stream(
            content, MediaTypeNames.Application.Octet, fileName, entityTag: new EntityTagHeaderValue($"\"{artifact.Sha256}\""),
            enableRangeProcessing: true);

        // A browser may keep the file but asks each time whether it may still use it: the federation may have been purged, or its key changed.
        // Proxies, which would give it to others, keep nothing.
        httpContext.Response.Headers.CacheControl = "private, no-cache";
        IgnoreUnknownRange(httpContext.Request);
        try
        {
            await file.ExecuteAsync(httpContext);
            if (httpContext.Response.StatusCode is StatusCodes.Status412PreconditionFailed or StatusCodes.Status416RangeNotSatisfiable)
                await RefuseAsync(httpContext);
        }
        catch (Exception exception) when (!httpContext.Response.HasStarted && !httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.Clear();
            await failures.Answer(exception).ExecuteAsync(httpContext);
        }
    }

    /// <summary>RFC 9110, 14.2: a range in another unit than bytes is none.</summary>
    private static void IgnoreUnknownRange(HttpRequest request)
    {
        if (!request.Headers.Range.ToString().StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
            request.Headers.Remove(HeaderNames.Range);
    }

    private Task RefuseAsync(HttpContext httpContext)
    {
        // What was said of the file is not said of the refusal.
        var response = httpContext.Response;
        response.ContentLength = null;
        response.Headers.Remove(HeaderNames.ContentDisposition);
        return ApiAnswers.Problem(response.StatusCode, Reason(response.StatusCode)).ExecuteAsync(httpContext);
    }

    private string Reason(int status) => status == StatusCodes.Status416RangeNotSatisfiable
        ? FormattableString.Invariant($"expected a range that begins in the file, which is {artifact.Length} bytes long")
        : $"the file is not what If-Match names: its entity tag is \"{artifact.Sha256}\"";
}
