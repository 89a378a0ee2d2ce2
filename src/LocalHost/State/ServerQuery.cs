using FlDurable.Api;
using FlDurable.LocalHost.Remote;

namespace FlDurable.LocalHost.State;

/// <summary>Which federations a server is asked for.</summary>
/// <param name="Filters">The parts of its query that don't change from page to page.</param>
/// <param name="PageSize">At most so many; null for all.</param>
/// <param name="After">What the page before ended with; null to begin.</param>
internal sealed record ServerQuery(IReadOnlyList<string> Filters, int? PageSize, string? After)
{
    private const int Most = 1_000; // a page of a server has no more

    /// <summary>Asks for a page, or for all.</summary>
    /// <returns>The federations, and with what the next page is asked for; null if there is none.</returns>
    public async Task<(IReadOnlyList<FederationSummary> Federations, string? Next)> AskAsync(FederationServerClient server, CancellationToken cancellationToken)
    {
        var found = new List<FederationSummary>();
        var token = After;
        do
        {
            string[] parts = [.. Filters, FormattableString.Invariant($"pageSize={PageSize ?? Most}"), .. token is null ? [] : new[] { $"continuationToken={Uri.EscapeDataString(token)}" }];
            var page = await server.ListAsync(string.Join('&', parts), cancellationToken);
            found.AddRange(page.Federations);
            token = page.ContinuationToken;
        }
        while (PageSize is null && token is not null);
        return (found, token);
    }
}
