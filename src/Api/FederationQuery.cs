using FlDurable.Orchestrator.Durable;
using Microsoft.AspNetCore.Http;

namespace FlDurable.Api;

/// <summary>Which federations to list.</summary>
/// <param name="Statuses">Only those in one of these states; null for all.</param>
/// <param name="IdPrefix">Only those whose id begins so.</param>
/// <param name="CreatedAfter">Only those that were started later.</param>
/// <param name="CreatedBefore">Only those that were started earlier.</param>
/// <param name="NewestFirst">Whether the newest come first.</param>
/// <param name="PageSize">At most so many.</param>
/// <param name="ContinuationToken">Where the page before ended.</param>
internal sealed record FederationQuery(
    IReadOnlyList<OrchestrationRuntimeStatus>? Statuses, string? IdPrefix, DateTimeOffset? CreatedAfter, DateTimeOffset? CreatedBefore, bool NewestFirst,
    int PageSize, string? ContinuationToken)
{
    /// <summary>The names in a query, in the order in which they are described. A filter that is empty, as a form sends it, is none.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["status", RequestFields.IdPrefixName, RequestFields.CreatedAfterName, RequestFields.CreatedBeforeName, RequestFields.OrderName, "pageSize", "continuationToken"];

    /// <summary>Reads it.</summary>
    public static FederationQuery Of(IQueryCollection query, RequestFields fields) => new(
        fields.Status(query["status"].Where(word => word is not { Length: 0 })),
        fields.IdPrefix(Given(query, RequestFields.IdPrefixName)),
        fields.Moment(RequestFields.CreatedAfterName, Given(query, RequestFields.CreatedAfterName)),
        fields.Moment(RequestFields.CreatedBeforeName, Given(query, RequestFields.CreatedBeforeName)),
        fields.IsNewestFirst(query[RequestFields.OrderName]),
        fields.WholeNumber("pageSize", query["pageSize"], 1, FederationApi.MaxPageSize, FederationApi.DefaultPageSize),
        query["continuationToken"]);

    /// <summary>Whether a federation that the engine has found is one of these.</summary>
    public bool Has(FederationSummary federation) =>
        Statuses?.Contains(federation.Status) != false
        && (CreatedAfter is not { } after || federation.CreatedAt > after)
        && (CreatedBefore is not { } before || federation.CreatedAt < before);

    private static string? Given(IQueryCollection query, string name) => query[name].ToString() is { Length: > 0 } text ? text : null;
}
