using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using static FlDurable.Api.Work.WorkRequests;

namespace FlDurable.Api.Work;

/// <summary>The calls of the pool's workers. Each is about work by a lease that only the worker who has it knows.</summary>
internal sealed class PoolApi(
    PoolDesk pool, WorkDesk desk, IArtifactStore store, UpdateUploads uploads, UpdateCalls updates, ApiFailures failures, IHostApplicationLifetime host)
{
    public Task<IResult> LeaseAsync(HttpContext http) => AnswerAsync(http, async cancel =>
    {
        var request = await ReadAsync<PoolRequest>(http.Request, cancel);
        CheckAsker(request.Protocol, request.Process, request.Request, request.WaitSeconds, request.Can);
        Expect(IsText(request.Build), $"build: expected a text of 1 to {MostNameLength} characters");
        if (await pool.LeaseAsync(PoolAccess.NameOf(http), request, cancel) is not { } taken)
            return TypedResults.NoContent();
        new WorkerCallSubject(new TakenWork(taken.Lease, taken.Seconds, taken.Federation, taken.Cohort.Round, taken.Cohort.Attempt, taken.Phase)).Of(http);
        uploads.ForgetLeft();
        return ApiAnswers.Json(taken);
    });

    public Task<IResult> ReadArtifactAsync(HttpContext http, string lease, string sha256) => AnswerAsync(http, async cancel =>
        IsLease(lease) && IsSha256(sha256) && await pool.FindReadAsync(lease, sha256, cancel) is { } artifact
            ? new ModelAnswer(store, artifact, sha256, failures)
            : Over());

    public Task<IResult> GetResultAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
        IsLease(lease) && await pool.FindResultAsync(lease, cancel) is { } result ? ApiAnswers.Json(result) : Over());

    public Task<IResult> GetUpdateAsync(HttpContext http, string lease, string sha256) => AnswerAsync(http, async cancel =>
        updates.Received(lease, sha256, await FindMostAsync(lease, cancel)));

    public Task<IResult> PutUpdateAsync(HttpContext http, string lease, string sha256) => AnswerAsync(http, async cancel =>
    {
        var name = http.Request.Headers[PoolProtocol.ArtifactHeader] is [{ } given] ? given : null;
        Expect(name is null || ArtifactNames.IsName(name), $"{PoolProtocol.ArtifactHeader}: expected an artifact's name");
        var completes = http.Request.Headers.ContainsKey(PoolProtocol.CompletesHeader);
        return await updates.TakeAsync(
            http, lease, sha256, await FindMostAsync(lease, cancel),
            name is null ? null : received => WriteAsync(
                lease, new ArtifactToWrite(name, sha256),
                async written => completes
                    ? updates.Ended(http, lease, await pool.CompleteAsync(lease, cancel), done: ApiAnswers.Json(new ReceivedUpdate(received, written, Counts: true)))
                    : ApiAnswers.Json(new ReceivedUpdate(received, written)),
                cancel),
            cancel);
    });

    public Task<IResult> WriteArtifactAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
    {
        var artifact = await ReadAsync<ArtifactToWrite>(http.Request, cancel);
        Expect(ArtifactNames.IsName(artifact.Name), "name: expected an artifact's");
        Expect(IsSha256(artifact.Sha256), "sha256: expected 64 hexadecimal digits");
        return IsLease(lease) ? await WriteAsync(lease, artifact, written => Task.FromResult<IResult>(ApiAnswers.Json(written)), cancel) : Over();
    });

    /// <summary>Writes an artifact that was sent.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="artifact">Which.</param>
    /// <param name="answer">Answers, once it is there.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async Task<IResult> WriteAsync(string lease, ArtifactToWrite artifact, Func<ArtifactReference, Task<IResult>> answer, CancellationToken cancellationToken)
    {
        try
        {
            var written = await uploads.UseAsync(
                lease, artifact.Sha256,
                async sent => await pool.WriteAsync(
                    lease, artifact.Name, sent ?? throw new WorkRefusedException("sha256: nothing of this SHA-256 was sent under the lease"), cancellationToken),
                cancellationToken);
            if (written is null)
                return Over();
            uploads.Forget(lease);
            return await answer(written);
        }
        catch (WorkRefusedException exception)
        {
            return ApiAnswers.Problem(WorkProblems.Refused, exception.Message);
        }
    }

    public Task<IResult> RenewAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
    {
        await ReadAsync<LeaseRenewal>(http.Request, cancel);
        if (!IsLease(lease) || await pool.RenewAsync(PoolAccess.NameOf(http), lease, cancel) is not { } renewed)
            return Over();
        uploads.Keep(lease);
        return ApiAnswers.Json(renewed);
    });

    public Task<IResult> CompleteAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
    {
        try
        {
            return updates.Ended(http, lease, IsLease(lease) && await pool.CompleteAsync(lease, cancel));
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
        return updates.Ended(
            http, lease,
            IsLease(lease)
            && (await desk.FailAsync(WorkOffer.Pool, lease, report, cancel) || await desk.CountsAsync(WorkOffer.Pool, lease, cancel)),
            report.Code);
    });

    public Task<IResult> GiveBackAsync(HttpContext http, string lease) => AnswerAsync(http, async cancel =>
    {
        var given = await ReadAsync<PoolReturn>(http.Request, cancel);
        return updates.Ended(http, lease, IsLease(lease) && await desk.GiveBackAsync(WorkOffer.Pool, lease, given.IsDelivery, cancel));
    });

    private async Task<long?> FindMostAsync(string lease, CancellationToken cancellationToken) => IsLease(lease) ? await pool.FindMostBytesAsync(lease, cancellationToken) : null;

    private Task<IResult> AnswerAsync(HttpContext http, Func<CancellationToken, Task<IResult>> answer) => failures.AnswerAsync(http, host, answer);
}
