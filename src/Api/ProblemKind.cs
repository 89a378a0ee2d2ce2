using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace FlDurable.Api;

/// <summary>A cause for which requests are not done, with a URI of its own, so that whoever handles it reads no text. docs/api.md lists them.</summary>
/// <param name="Name">The last part of the URI.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">The cause in short.</param>
internal sealed record ProblemKind(string Name, int Status, string Title)
{
    private const string Prefix = "/problems/";

    public static ProblemKind InvalidFields { get; } = new("invalid-fields", 400, "Fields of the request are wrong");

    public static ProblemKind Unreadable { get; } = new("unreadable-request", 400, "The request can't be read");

    public static ProblemKind NoKey { get; } = new("key-required", 401, "The host's key is required");

    public static ProblemKind NotThisMachine { get; } = new("not-from-this-machine", 403, "The host takes requests from its own machine only");

    public static ProblemKind NotFound { get; } = new("not-found", 404, "It is not there");

    public static ProblemKind NoSuchCall { get; } = new("no-such-call", 404, "There is no such call");

    public static ProblemKind DeletedMeanwhile { get; } = new("deleted-meanwhile", 404, "It was deleted in the meantime");

    public static ProblemKind NoSuchMethod { get; } = new("no-such-method", 405, "There is no such method of this call");

    public static ProblemKind AnotherSpec { get; } = new("another-spec", 409, "A federation of this id exists with another spec");

    public static ProblemKind WrongState { get; } = new("wrong-state", 409, "The federation's state does not allow it");

    public static ProblemKind DataInUse { get; } = new("data-in-use", 409, "The data may be in use by others");

    public static ProblemKind PreconditionFailed { get; } = new("precondition-failed", 412, "The file is not what If-Match names");

    public static ProblemKind BodyTooLong { get; } = new("body-too-long", 413, "The body is too long");

    public static ProblemKind UnsupportedMedia { get; } = new("unsupported-media", 415, "The body is not JSON");

    public static ProblemKind KeyReused { get; } = new("idempotency-key-reused", 422, "The Idempotency-Key was sent before, with another request");

    public static ProblemKind RangeNotSatisfiable { get; } = new("range-not-satisfiable", 416, "The range is not in the file");

    public static ProblemKind Damaged { get; } = new("damaged", 500, "What is asked for is damaged");

    public static ProblemKind Broken { get; } = new("broken", 500, "Something in the host broke");

    public static ProblemKind StorageUnavailable { get; } = new("storage-unavailable", 503, "The storage can't be used now");

    public static ProblemKind NotDoneInTime { get; } = new("not-done-in-time", 503, "It is not done yet");

    public static ProblemKind Stopping { get; } = new("stopping", 503, "The host is stopping");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        InvalidFields, Unreadable, NoKey, NotThisMachine, NotFound, NoSuchCall, DeletedMeanwhile, NoSuchMethod, AnotherSpec, WrongState, DataInUse, PreconditionFailed,
        BodyTooLong, UnsupportedMedia, RangeNotSatisfiable, KeyReused, Damaged, Broken, StorageUnavailable, NotDoneInTime, Stopping,
    ];

    /// <summary>The URI, relative to the host.</summary>
    public string Type => Prefix + Name;

    /// <summary>What a status says that the host itself has answered with, before any call was reached.</summary>
    public static ProblemKind Of(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => NoKey,
        StatusCodes.Status403Forbidden => NotThisMachine,
        StatusCodes.Status404NotFound => NoSuchCall,
        StatusCodes.Status405MethodNotAllowed => NoSuchMethod,
        StatusCodes.Status413PayloadTooLarge => BodyTooLong,
        StatusCodes.Status415UnsupportedMediaType => UnsupportedMedia,
        >= 500 => Broken with { Status = status },
        _ => Unreadable with { Status = status },
    };

    /// <summary>What the document says of a status.</summary>
    public static string Describe(int status) => All.Where(kind => kind.Status == status).Select(kind => kind.Title).ToList() is { Count: > 0 } titles
        ? $"{string.Join("; or: ", titles)}."
        : ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } phrase ? phrase : status.ToString(CultureInfo.InvariantCulture);
}
