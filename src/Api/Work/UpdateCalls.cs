using FlDurable.Shared.Work;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api.Work;

/// <summary>The calls by which a worker sends what is long, in as many parts as it takes.</summary>
internal sealed class UpdateCalls(UpdateUploads uploads)
{
    /// <summary>Says how much has come.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="sha256">The SHA-256 of the whole.</param>
    /// <param name="most">How long the whole can be; null if nothing can be sent under the lease.</param>
    public IResult Received(string lease, string sha256, long? most) => most is not null && WorkRequests.IsSha256(sha256)
        ? ApiAnswers.Json(new ReceivedUpdate(uploads.Received(lease, sha256)))
        : WorkRequests.Over();

    /// <summary>Answers whoever has ended work; what was sent for it is of no use any more.</summary>
    /// <param name="http">The request.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="counts">Whether that counts: else the lease was over.</param>
    /// <param name="code">Why it failed; null if it didn't.</param>
    /// <param name="done">What is answered where it counts; null for nothing.</param>
    public IResult Ended(HttpContext http, string lease, bool counts, string? code = null, IResult? done = null)
    {
        if (!counts)
            return WorkRequests.Over();
        new WorkerCallSubject(Code: code).Of(http);
        uploads.Forget(lease);
        return done ?? TypedResults.NoContent();
    }

    /// <summary>Takes more of it.</summary>
    /// <param name="http">The request.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="sha256">The SHA-256 of the whole.</param>
    /// <param name="mostOrNone">How long the whole can be; null if nothing can be sent under the lease.</param>
    /// <param name="whenWhole">What is done once the whole has come, and answered; null for nothing.</param>
    /// <param name="cancellationToken">Stops; what has come is kept.</param>
    public async Task<IResult> TakeAsync(HttpContext http, string lease, string sha256, long? mostOrNone, Func<long, Task<IResult>>? whenWhole, CancellationToken cancellationToken)
    {
        if (mostOrNone is not { } most || !WorkRequests.IsSha256(sha256))
            return WorkRequests.Over();
        var (offset, length) = (0L, http.Request.ContentLength);
        if (http.Request.Headers.ContentRange.Count > 0)
        {
            WorkRequests.Expect(
                ContentRangeHeaderValue.TryParse(http.Request.Headers.ContentRange.ToString(), out var range) && range is { Unit.Value: "bytes", From: not null },
                "Content-Range: expected bytes FROM-TO/LENGTH");
            (offset, length) = (range.From!.Value, range.Length);
        }

        if (http.Request.ContentLength > most - offset)
            return TooLong(lease, new UploadTooLongException(most));
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = most;
        try
        {
            if (await uploads.TakeAsync(lease, sha256, offset, most, http.Request.Body, cancellationToken) is { } received)
                return whenWhole is not null && received == length ? await whenWhole(received) : ApiAnswers.Json(new ReceivedUpdate(received));
            return ApiAnswers.Problem(WorkProblems.NotNext, FormattableString.Invariant($"{uploads.Received(lease, sha256)} bytes have come, and it begins at {offset}"));
        }
        catch (UploadTooLongException exception)
        {
            return TooLong(lease, exception);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException && !http.RequestAborted.IsCancellationRequested)
        {
            return ApiAnswers.Problem(ProblemKind.StorageUnavailable, "the update can't be kept now: send it again");
        }
    }

    private IResult TooLong(string lease, UploadTooLongException exception)
    {
        uploads.Forget(lease);
        return ApiAnswers.Problem(ProblemKind.BodyTooLong, exception.Message);
    }
}
