using System.Text.Json;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Json;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;
using FlDurable.Shared.Work;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api.Work;

/// <summary>
/// The calls of workers. Each is by a site, which its key says, and each about work by a lease that only the worker who has it knows; what is not
/// that site's is answered as what is not there.
/// </summary>
internal sealed class WorkApi(WorkDesk desk, ISiteRegistry sites, IArtifactStore store, UpdateUploads uploads, ApiFailures failures, IHostApplicationLifetime host)
{
    private const int MaxBodyBytes = 64 << 10;
    private const int MostWaitSeconds = 30;
    private const int MostNameLength = 100;
    private const int MostSide = 4096;
    private const int MostClasses = 256;

    private static readonly System.Buffers.SearchValues<char> Hexadecimal = System.Buffers.SearchValues.Create("0123456789abcdef");

    public Task<IResult> EnrolAsync(HttpContext http) => AnswerAsync(http, async cancel =>
    {
        var enrolment = await ReadAsync<Enrolment>(http.Request, cancel);
        Check(enrolment);
        var site = WorkerAccess.SiteOf(http);
        if (!await sites.ClaimAsync(site, enrolment.Process, cancel))
            return ApiAnswers.Problem(WorkProblems.AnotherProcess, WorkDesk.IsAnothers(site));
        await sites.EnrolAsync(site, enrolment, cancel);
        return TypedResults.NoContent();
    });

    public Task<IResult> LeaseAsync(HttpContext http) => AnswerAsync(http, async cancel =>
    {
        var request = await ReadAsync<LeaseRequest>(http.Request, cancel);
        CheckSpeaker(request.Protocol, request.Process);
        Expect(request.Request is null || IsLease(request.Request), "request: expected 32 hexadecimal digits");
        Expect(request.WaitSeconds is >= 0 and <= MostWaitSeconds, $"waitSeconds: expected 0 to {MostWaitSeconds}");
        try
        {
            var taken = await desk.LeaseAsync(WorkerAccess.SiteOf(http), request.Process, request.Request, TimeSpan.FromSeconds(request.WaitSeconds), cancel);
            return taken is null ? TypedResults.NoContent() : ApiAnswers.Json(taken);
        }
        catch (WorkRefusedException exception)
        {
            return ApiAnswers.Problem(WorkProblems.AnotherProcess, exception.Message);
        }
    });

    public Task<IResult> GetOrderAsync(HttpContext http, string lease) => OfLeaseAsync(http, lease, desk.FindOrderAsync);

    public Task<IResult> GetParametersAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
        IsLease(lease) && await desk.FindParametersAsync(WorkerAccess.SiteOf(http), lease, cancel) is { } parameters
            ? new ModelAnswer(store, parameters, "global.safetensors", failures)
            : Over());

    public Task<IResult> RenewAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
    {
        await ReadAsync<LeaseRenewal>(http.Request, cancel);
        return IsLease(lease) && await desk.RenewAsync(WorkerAccess.SiteOf(http), lease, cancel) is { } renewed ? ApiAnswers.Json(renewed) : Over();
    });

    public Task<IResult> GetUpdateAsync(HttpContext http, string lease, string sha256) => AnswerAsync(http, async cancel =>
        IsLease(lease) && IsSha256(sha256) && await desk.FindMostUpdateBytesAsync(WorkerAccess.SiteOf(http), lease, cancel) is not null
            ? ApiAnswers.Json(new ReceivedUpdate(uploads.Received(lease, sha256)))
            : Over());

    public Task<IResult> PutUpdateAsync(HttpContext http, string lease, string sha256) => AnswerAsync(http, async cancel =>
    {
        if (!IsLease(lease) || !IsSha256(sha256) || await desk.FindMostUpdateBytesAsync(WorkerAccess.SiteOf(http), lease, cancel) is not { } most)
            return Over();
        var offset = 0L;
        if (http.Request.Headers.ContentRange.Count > 0)
        {
            Expect(ContentRangeHeaderValue.TryParse(http.Request.Headers.ContentRange.ToString(), out var range) && range is { Unit.Value: "bytes", From: not null }, "Content-Range: expected bytes FROM-TO/LENGTH");
            offset = range.From!.Value;
        }

        if (http.Request.ContentLength > most - offset)
            return TooLong(lease, new UploadTooLongException(most));
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = most;
        try
        {
            return await uploads.TakeAsync(lease, sha256, offset, most, http.Request.Body, cancel) is { } received
                ? ApiAnswers.Json(new ReceivedUpdate(received))
                : ApiAnswers.Problem(WorkProblems.NotNext, FormattableString.Invariant($"{uploads.Received(lease, sha256)} bytes have come, and it begins at {offset}"));
        }
        catch (UploadTooLongException exception)
        {
            return TooLong(lease, exception);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException && !http.RequestAborted.IsCancellationRequested)
        {
            return ApiAnswers.Problem(ProblemKind.StorageUnavailable, "the update can't be kept now: send it again");
        }
    });

    public Task<IResult> CompleteAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
    {
        var report = await ReadAsync<WorkReport>(http.Request, cancel);
        Expect(report.UpdateSha256 is null || IsSha256(report.UpdateSha256), "updateSha256: expected 64 hexadecimal digits");
        if (!IsLease(lease))
            return Over();
        try
        {
            var counts = await desk.CompleteAsync(
                WorkerAccess.SiteOf(http), lease, report,
                (use, reading) => report.UpdateSha256 is { } sha256 ? uploads.UseAsync(lease, sha256, use, reading) : use(null), cancel);
            return Ended(lease, counts || await desk.CountsAsync(WorkerAccess.SiteOf(http), lease, cancel));
        }
        catch (WorkRefusedException exception)
        {
            return ApiAnswers.Problem(WorkProblems.Refused, exception.Message);
        }
    });

    public Task<IResult> FailAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
    {
        var report = await ReadAsync<WorkFailureReport>(http.Request, cancel);
        Expect(WorkFailures.Codes.Contains(report.Code), $"code: expected one of {string.Join(", ", WorkFailures.Codes)}");
        return Ended(lease, IsLease(lease)
            && (await desk.FailAsync(WorkerAccess.SiteOf(http), lease, report, cancel) || await desk.CountsAsync(WorkerAccess.SiteOf(http), lease, cancel)));
    });

    public Task<IResult> GiveBackAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
        Ended(lease, IsLease(lease) && await desk.GiveBackAsync(WorkerAccess.SiteOf(http), lease, cancel)));

    private static void Check(Enrolment enrolment)
    {
        CheckSpeaker(enrolment.Protocol, enrolment.Process);
        Expect(IsText(enrolment.Build), $"build: expected a text of 1 to {MostNameLength} characters");
        var shape = enrolment.Shape;
        Expect(
            shape is { Channels: 1 or 3, Height: > 0 and <= MostSide, Width: > 0 and <= MostSide }, $"shape: expected 1 or 3 channels, and a height and a width of 1 to {MostSide}");
        Expect(enrolment.Classes.Count is >= 2 and <= MostClasses && enrolment.Classes.All(IsText), $"classes: expected 2 to {MostClasses} names of 1 to {MostNameLength} characters");
        Expect(enrolment.TrainExamples > 0 && enrolment.ValidationExamples >= 0, "trainExamples, validationExamples: expected 1 or more, and 0 or more");
        Expect(IsSha256(enrolment.Digest), "digest: expected 64 hexadecimal digits");
        Expect(enrolment.ClassCounts is null || (enrolment.ClassCounts.Count == enrolment.Classes.Count && enrolment.ClassCounts.All(count => count >= 0)), "classCounts: expected a number for each class");

        static bool IsText(string text) => text.Length is > 0 and <= MostNameLength && !text.Any(ActingCharacters.Contains);
    }

    private static void CheckSpeaker(int protocol, string process)
    {
        Expect(protocol is >= 1 and <= WorkProtocol.Version, $"protocol: this host speaks 1 to {WorkProtocol.Version}, got {protocol}: use a worker of its release or an older one");
        Expect(process.Length == 32 && !process.AsSpan().ContainsAnyExcept(Hexadecimal), "process: expected 32 hexadecimal digits");
    }

    private static bool IsLease(string lease) => lease.Length == 32 && !lease.AsSpan().ContainsAnyExcept(Hexadecimal);

    private static bool IsSha256(string text) => text.Length == 64 && !text.AsSpan().ContainsAnyExcept(Hexadecimal);

    private static void Expect([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool holds, string expected)
    {
        if (!holds)
            throw new UnsuitableBodyException(ProblemKind.Unreadable, expected);
    }

    private static IResult Over() => ApiAnswers.Problem(WorkProblems.LeaseOver, "it is none of the site's, has expired, or nobody waits for its work any more: stop, and send nothing");

    private IResult TooLong(string lease, UploadTooLongException exception)
    {
        uploads.Forget(lease);
        return ApiAnswers.Problem(ProblemKind.BodyTooLong, exception.Message);
    }

    private IResult Ended(string lease, bool counts)
    {
        if (!counts)
            return Over();
        uploads.Forget(lease);
        return TypedResults.NoContent();
    }

    private Task<IResult> OfLeaseAsync<T>(HttpContext http, string lease, Func<string, string, CancellationToken, Task<T?>> find)
        where T : class => AnswerAsync(http, async cancel =>
        IsLease(lease) && await find(WorkerAccess.SiteOf(http), lease, cancel) is { } found ? ApiAnswers.Json(found) : Over());

    private static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadJsonAsync(request, MaxBodyBytes, cancellationToken);
        try
        {
            return ContractJson.Deserialize<T>(body.Span);
        }
        catch (JsonException exception)
        {
            throw new UnsuitableBodyException(ProblemKind.Unreadable, $"the body is not as this call takes it{(exception.Path is { } path ? $", at {Excerpt.Printable(path)}" : "")}");
        }
    }

    /// <summary>A host that stops answers whoever waits for work: there is none.</summary>
    private async Task<IResult> AnswerAsync(HttpContext http, Func<CancellationToken, Task<IResult>> answer)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, host.ApplicationStopping);
        try
        {
            return await answer(either.Token);
        }
        catch (Exception exception) when (!http.RequestAborted.IsCancellationRequested)
        {
            return failures.Answer(exception);
        }
    }
}
