using FlDurable.Orchestrator;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
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
        NotThereException => ApiAnswers.Problem(StatusCodes.Status404NotFound, exception.Message),
        FederationConflictException conflict => Conflict(conflict),
        UnsuitableBodyException body => ApiAnswers.Problem(body.Status, body.Message),
        TooManyLaunchesException => ApiAnswers.Problem(StatusCodes.Status429TooManyRequests, exception.Message, RetryAfterSeconds),
        BadHttpRequestException request => ApiAnswers.Problem(request.StatusCode, "the request can't be read"),
        ArtifactMissingException => ApiAnswers.Problem(StatusCodes.Status404NotFound, "it was deleted in the meantime"),
        ArtifactCorruptException damaged => Damaged(damaged),
        ArtifactStoreException => Unavailable(exception, "the artifact store can't be used now"),
        TimeoutException => Unavailable(exception, "it is not done yet"),
        OperationCanceledException => Unavailable(exception, "the host is stopping"),
        _ => Broken(exception),
    };

    private static IResult BadRequest(IReadOnlyList<SpecError> errors) =>
        ApiAnswers.Problem(StatusCodes.Status400BadRequest, "the request can't be done as it is: see errors", errors);

    private static IResult Conflict(FederationConflictException conflict)
    {
        if (conflict.Differences.Count == 0)
            return ApiAnswers.Problem(StatusCodes.Status409Conflict, conflict.Message);
        var errors = conflict.Differences.Select(field => IsSecret(field.Field) ? field with { Message = "is another" } : field);
        return ApiAnswers.Problem(StatusCodes.Status409Conflict, "a federation of this id exists with another spec: see errors", [.. errors]);
    }

    // The federation that is there may have been started on the host itself, from any of its files.
    private static bool IsSecret(string field) => field is "data" or "initial";

    private IResult Unavailable(Exception exception, string detail)
    {
        LogUnavailable(logger, detail, exception);
        return ApiAnswers.Problem(StatusCodes.Status503ServiceUnavailable, detail, RetryAfterSeconds);
    }

    /// <summary>Whoever asks can do something about it: take what is whole. Artifacts' names are no secret of the host's.</summary>
    private IResult Damaged(ArtifactCorruptException exception)
    {
        LogBroken(logger, exception);
        return ApiAnswers.Problem(StatusCodes.Status500InternalServerError, paths.Hide(exception.Message));
    }

    private IResult Broken(Exception exception)
    {
        LogBroken(logger, exception);
        return ApiAnswers.Problem(StatusCodes.Status500InternalServerError, "the host has logged what happened");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A request was refused: {Detail}")]
    private static partial void LogUnavailable(ILogger logger, string detail, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed")]
    private static partial void LogBroken(ILogger logger, Exception exception);
}
