using System.Diagnostics;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlDurable.Api;

/// <summary>What becomes of what goes wrong. What the caller did not cause is logged, and answered without a word about the host.</summary>
internal sealed partial class ApiFailures(ServerPaths paths, ILogger<FederationApi> logger)
{
    private const int RetryAfterSeconds = 5;

    /// <summary>The answer to a request that failed.</summary>
    public IResult Answer(Exception exception) => exception switch
    {
        InvalidSpecException invalid => BadRequest([.. invalid.Errors.Select(error => error with { Message = paths.Hide(error.Message) })]),
        DatasetException data => BadRequest([new SpecError("data", paths.Hide(data.Message))]),
        NotThereException => ApiAnswers.Problem(ProblemKind.NotFound, exception.Message),
        FederationConflictException conflict => Conflict(conflict),
        KeyReusedException reused => Conflict(reused.Conflict, ProblemKind.KeyReused, "this Idempotency-Key started another federation: see errors"),
        UnsuitableBodyException body => ApiAnswers.Problem(body.Kind, body.Message),
        BadHttpRequestException request => ApiAnswers.Problem(ProblemKind.Of(request.StatusCode), "the request can't be read"),
        ArtifactMissingException => ApiAnswers.Problem(ProblemKind.DeletedMeanwhile, detail: null),
        ArtifactCorruptException damaged => Damaged(damaged),
        EngineUnavailableException => Unavailable(exception, ProblemKind.StorageUnavailable, "the storage of federations' state can't be reached now"),
        ArtifactStoreException => Unavailable(exception, ProblemKind.StorageUnavailable, "the artifact store can't be used now"),
        TimeoutException => Unavailable(exception, ProblemKind.NotDoneInTime, "it is not done yet"),
        OperationCanceledException => Unavailable(exception, ProblemKind.Stopping, "the host is stopping: send it again"),
        _ => Broken(exception),
    };

    private static IResult BadRequest(IReadOnlyList<SpecError> errors) =>
        ApiAnswers.Problem(ProblemKind.InvalidFields, "the request can't be done as it is: see errors", errors);

    private IResult Conflict(FederationConflictException conflict) => conflict.Differences.Count == 0
        ? ApiAnswers.Problem(ProblemKind.WrongState, conflict.Message)
        : Conflict(conflict, ProblemKind.AnotherSpec, "a federation of this id exists with another spec: see errors");

    /// <summary>
    /// What the federation that is there has is told as far as a look at it tells: it may have been started on the host itself, from any of its
    /// files.
    /// </summary>
    private IResult Conflict(FederationConflictException conflict, ProblemKind kind, string detail)
    {
        var shown = conflict.Existing is { } spec ? paths.Hide(spec) : null;
        return ApiAnswers.Problem(kind, detail, [.. conflict.Differences.Select(field => IsShown(field.Field) ? field : field with { Message = "is another" })]);

        bool IsShown(string field) => field switch
        {
            "data" => shown is not null && shown.Data == conflict.Existing!.Data,
            "initial" or "round" => shown is not null && shown.Initial == conflict.Existing!.Initial,
            _ => true,
        };
    }

    private IResult Unavailable(Exception exception, ProblemKind kind, string detail)
    {
        LogUnavailable(logger, detail, exception);
        return ApiAnswers.Problem(kind, detail, RetryAfterSeconds);
    }

    /// <summary>Whoever asks can do something about it: take what is whole. Artifacts' names are no secret of the host's.</summary>
    private IResult Damaged(ArtifactCorruptException exception)
    {
        var trace = NewTraceId();
        LogBroken(logger, trace, exception);
        return ApiAnswers.Problem(ProblemKind.Damaged, paths.Hide(exception.Message), traceId: trace);
    }

    private IResult Broken(Exception exception)
    {
        var trace = NewTraceId();
        LogBroken(logger, trace, exception);
        return ApiAnswers.Problem(ProblemKind.Broken, "the host has logged what happened", traceId: trace);
    }

    /// <summary>The request's own where the host traces, else one that only the log knows.</summary>
    private static string NewTraceId() => (Activity.Current?.TraceId ?? ActivityTraceId.CreateRandom()).ToHexString();

    [LoggerMessage(Level = LogLevel.Warning, Message = "A request was refused: {Detail}")]
    private static partial void LogUnavailable(ILogger logger, string detail, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed (trace {TraceId})")]
    private static partial void LogBroken(ILogger logger, string traceId, Exception exception);
}
