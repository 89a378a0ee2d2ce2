using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using static FlDurable.Api.Work.WorkRequests;

namespace FlDurable.Api.Work;

/// <summary>
/// The calls of workers. Each is by a site, which its key says, and each about work by a lease that only the worker who has it knows; what is not
/// that site's is answered as what is not there.
/// </summary>
internal sealed class WorkApi(
    WorkDesk desk, ISiteRegistry sites, IArtifactStore store, UpdateUploads uploads, UpdateCalls updates, ApiFailures failures, IHostApplicationLifetime host)
{
    private const int MostSide = 4096;
    private const int MostClasses = 256;
    private const int MostColumns = 1 << 15;

    public Task<IResult> EnrolAsync(HttpContext http) => AnswerAsync(http, async cancel =>
    {
        var enrolment = await ReadAsync<Enrolment>(http.Request, cancel);
        Check(enrolment);
        var site = WorkerAccess.SiteOf(http);
        if (!await sites.ClaimAsync(site, enrolment.Process, cancel))
            return ApiAnswers.Problem(WorkProblems.AnotherProcess, WorkDesk.IsAnothers(site));
        await sites.EnrolAsync(site, enrolment, cancel);
        new WorkerCallSubject().Of(http);
        return TypedResults.NoContent();
    });

    public Task<IResult> LeaseAsync(HttpContext http) => AnswerAsync(http, async cancel =>
    {
        var request = await ReadAsync<LeaseRequest>(http.Request, cancel);
        CheckAsker(request.Protocol, request.Process, request.Request, request.WaitSeconds, request.Can);
        try
        {
            var taken = await desk.LeaseAsync(WorkerAccess.SiteOf(http), request.Process, request.Request, request.Can, TimeSpan.FromSeconds(request.WaitSeconds), cancel);
            if (taken is null)
                return TypedResults.NoContent();
            new WorkerCallSubject(taken).Of(http);
            uploads.ForgetLeft();
            return request.Protocol == 1 ? ApiAnswers.Json(taken)
                : await desk.FindOrderAsync(WorkerAccess.SiteOf(http), taken.Lease, cancel) is { } order ? ApiAnswers.Json(taken with { Order = order })
                : TypedResults.NoContent(); // it was withdrawn just now
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
        if (!IsLease(lease) || await desk.RenewAsync(WorkerAccess.SiteOf(http), lease, cancel) is not { } renewed)
            return Over();
        uploads.Keep(lease);
        return ApiAnswers.Json(renewed);
    });

    public Task<IResult> GetUpdateAsync(HttpContext http, string lease, string sha256) => AnswerAsync(http, async cancel =>
        updates.Received(lease, sha256, await FindMostAsync(http, lease, cancel)));

    public Task<IResult> PutUpdateAsync(HttpContext http, string lease, string sha256) => AnswerAsync(http, async cancel =>
    {
        var report = ReadHeader<WorkReport>(http.Request, WorkProtocol.ReportHeader);
        Expect(report is null || report.UpdateSha256 == sha256, $"{WorkProtocol.ReportHeader}: expected the updateSha256 that is sent");
        return await updates.TakeAsync(
            http, lease, sha256, await FindMostAsync(http, lease, cancel),
            report is null ? null : received => CompleteAsync(http, lease, report, ApiAnswers.Json(new ReceivedUpdate(received, Counts: true)), cancel), cancel);
    });

    public Task<IResult> CompleteAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
    {
        var report = await ReadAsync<WorkReport>(http.Request, cancel);
        Expect(report.UpdateSha256 is null || IsSha256(report.UpdateSha256), "updateSha256: expected 64 hexadecimal digits");
        return IsLease(lease) ? await CompleteAsync(http, lease, report, TypedResults.NoContent(), cancel) : Over();
    });

    /// <param name="http">The request.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="report">What came of it.</param>
    /// <param name="done">What is answered where that counts.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async Task<IResult> CompleteAsync(HttpContext http, string lease, WorkReport report, IResult done, CancellationToken cancellationToken)
    {
        try
        {
            var counts = await desk.CompleteAsync(
                WorkerAccess.SiteOf(http), lease, report,
                (use, reading) => report.UpdateSha256 is { } sha256 ? uploads.UseAsync(lease, sha256, use, reading) : use(null), cancellationToken);
            return updates.Ended(http, lease, counts || await desk.CountsAsync(WorkerAccess.SiteOf(http), lease, cancellationToken), done: done);
        }
        catch (WorkRefusedException exception)
        {
            return ApiAnswers.Problem(WorkProblems.Refused, exception.Message);
        }
    }

    public Task<IResult> FailAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
    {
        var report = await ReadAsync<WorkFailureReport>(http.Request, cancel);
        Expect(WorkFailures.Codes.Contains(report.Code), $"code: expected one of {string.Join(", ", WorkFailures.Codes)}");
        return updates.Ended(
            http, lease,
            IsLease(lease)
            && (await desk.FailAsync(WorkerAccess.SiteOf(http), lease, report, cancel) || await desk.CountsAsync(WorkerAccess.SiteOf(http), lease, cancel)),
            report.Code);
    });

    public Task<IResult> GiveBackAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
        updates.Ended(http, lease, IsLease(lease) && await desk.GiveBackAsync(WorkerAccess.SiteOf(http), lease, cancel)));

    private static void Check(Enrolment enrolment)
    {
        CheckSpeaker(enrolment.Protocol, enrolment.Process);
        Expect(IsText(enrolment.Build), $"build: expected a text of 1 to {MostNameLength} characters");
        var shape = enrolment.Shape;
        Expect(!shape.IsTable || shape is { Channels: >= 1 and <= MostColumns, Height: 1, Width: 1 }, $"shape: expected a table of 1 to {MostColumns} columns");
        Expect(
            shape.IsTable || shape is { Channels: 1 or 3, Height: > 0 and <= MostSide, Width: > 0 and <= MostSide }, $"shape: expected 1 or 3 channels, and a height and a width of 1 to {MostSide}");
        Expect(enrolment.Classes.Count is >= 2 and <= MostClasses && enrolment.Classes.All(IsText), $"classes: expected 2 to {MostClasses} names of 1 to {MostNameLength} characters");
        Expect(enrolment.TrainExamples > 0 && enrolment.ValidationExamples >= 0, "trainExamples, validationExamples: expected 1 or more, and 0 or more");
        Expect(enrolment.LeftOut is null or > 0, "leftOut: expected 1 or more, or none");
        Expect(IsSha256(enrolment.Digest), "digest: expected 64 hexadecimal digits");
        Expect(enrolment.Shape.IsTable ? enrolment.Columns is { } columns && IsSha256(columns) : enrolment.Columns is null, "columns: expected 64 hexadecimal digits with a table, and none with images");
        Expect(enrolment.ClassCounts is null || (enrolment.ClassCounts.Count == enrolment.Classes.Count && enrolment.ClassCounts.All(count => count >= 0)), "classCounts: expected a number for each class");
    }

    private async Task<long?> FindMostAsync(HttpContext http, string lease, CancellationToken cancellationToken) =>
        IsLease(lease) ? await desk.FindMostUpdateBytesAsync(WorkerAccess.SiteOf(http), lease, cancellationToken) : null;

    private Task<IResult> OfLeaseAsync<T>(HttpContext http, string lease, Func<string, string, CancellationToken, Task<T?>> find)
        where T : class => AnswerAsync(http, async cancel =>
        IsLease(lease) && await find(WorkerAccess.SiteOf(http), lease, cancel) is { } found ? ApiAnswers.Json(found) : Over());

    private Task<IResult> AnswerAsync(HttpContext http, Func<CancellationToken, Task<IResult>> answer) => failures.AnswerAsync(http, host, answer);
}
