using System.Net.Mime;
using FlDurable.Shared.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api;

/// <summary>
/// Parameters as a file, with their hash as the entity tag. The request decides whether all of the file is sent, a range of it, or nothing, since
/// the caller has it already. It is read and sent in parts, so that memory holds one part. An error after the first part was sent ends the
/// connection: an answer that is cut off in order would be taken for the whole file.
/// </summary>
internal sealed class ModelAnswer(IArtifactStore store, ArtifactReference artifact, string fileName, ApiFailures failures) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var content = new ArtifactStream(store, artifact);
        var file = TypedResults.Stream(
            content, MediaTypeNames.Application.Octet, fileName, entityTag: new EntityTagHeaderValue(Tag),
            enableRangeProcessing: true);

        // A browser may keep the file but asks each time whether it may still use it: the federation may have been purged, or its key changed.
        // Proxies, which would give it to others, keep nothing.
        httpContext.Response.Headers.CacheControl = "private, no-cache";
        var request = httpContext.Request;
        if (!IsReadable(request.Headers.IfMatch))
        {
            await ApiAnswers.Problem(ProblemKind.PreconditionFailed, $"If-Match can't be read: expected * or entity tags, such as {Tag}").ExecuteAsync(httpContext);
            return;
        }

        if (!IsPartWanted(request))
            request.Headers.Remove(HeaderNames.Range);
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

    private string Tag => $"\"{artifact.Sha256}\"";

    private static bool IsReadable(StringValues tags) => tags.Count == 0 || EntityTagHeaderValue.TryParseStrictList([.. tags.OfType<string>()], out _);

    /// <summary>
    /// RFC 9110, 14.2: GET alone has ranges, and one in another unit than bytes is none. 13.1.5: if If-Range is anything but the file's entity
    /// tag, such as a date, all of it is wanted.
    /// </summary>
    private bool IsPartWanted(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Headers.Range.ToString().StartsWith("bytes=", StringComparison.OrdinalIgnoreCase)
        && (request.Headers.IfRange.Count == 0 || request.Headers.IfRange == Tag);

    private Task RefuseAsync(HttpContext httpContext)
    {
        // The length and the file's name, which were set for the file, do not hold for the problem that is sent instead.
        var response = httpContext.Response;
        response.ContentLength = null;
        response.Headers.Remove(HeaderNames.ContentDisposition);
        var problem = response.StatusCode == StatusCodes.Status416RangeNotSatisfiable
            ? ApiAnswers.Problem(
                ProblemKind.RangeNotSatisfiable, FormattableString.Invariant($"expected a range that begins in the file, which is {artifact.Length} bytes long"))
            : ApiAnswers.Problem(ProblemKind.PreconditionFailed, $"its entity tag is {Tag}");
        return problem.ExecuteAsync(httpContext);
    }
}
