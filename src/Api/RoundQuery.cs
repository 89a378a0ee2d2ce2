using Microsoft.AspNetCore.Http;

namespace FlDurable.Api;

/// <summary>Which rounds of a federation to list.</summary>
/// <param name="NewestFirst">Whether the newest come first.</param>
/// <param name="PageSize">At most so many.</param>
/// <param name="From">The first round of the page, as the page before told; null to begin.</param>
internal sealed record RoundQuery(bool NewestFirst, int PageSize, int? From)
{
    /// <summary>The names in a query, in the order in which they are described.</summary>
    public static IReadOnlyList<string> Names { get; } = [RequestFields.OrderName, "pageSize", "continuationToken"];

    /// <summary>Reads it. A round's number is where its page goes on: rounds stay what they are, however many there will be.</summary>
    public static RoundQuery Of(IQueryCollection query, RequestFields fields) => new(
        fields.IsNewestFirst(query[RequestFields.OrderName]),
        fields.WholeNumber("pageSize", query["pageSize"], 1, FederationApi.MaxPageSize, FederationApi.DefaultPageSize),
        query.TryGetValue("continuationToken", out var token) ? fields.WholeNumber("continuationToken", token, 0, RequestFields.MaxRound, 0) : null);

    /// <summary>The rounds of the page.</summary>
    /// <param name="last">The last recorded round; -1 before there is any.</param>
    /// <returns>The lowest and the highest, between which there may be none, and the first of the next page, if there is one.</returns>
    public (int Low, int High, int? Next) PageOf(int last)
    {
        if (NewestFirst)
        {
            var high = Math.Min(From ?? last, last);
            var low = Math.Max(0, high - PageSize + 1);
            return (low, high, low > 0 ? low - 1 : null);
        }

        var first = From ?? 0;
        var end = Math.Min(last, first + PageSize - 1);
        return (first, end, end < last && first <= last ? end + 1 : null);
    }
}
