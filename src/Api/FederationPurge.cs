using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;

namespace FlDurable.Api;

/// <summary>Which federations are removed, all that are over at most.</summary>
/// <param name="Statuses">Only those in one of these states; null for all in which a federation is over.</param>
/// <param name="CreatedBefore">Only those that were started before; null for any.</param>
/// <param name="IdPrefix">Only those whose id begins so; null for any.</param>
/// <param name="Most">At most so many.</param>
internal sealed record PurgeFilter(IReadOnlyList<OrchestrationRuntimeStatus>? Statuses, DateTimeOffset? CreatedBefore, string? IdPrefix, int Most)
{
    /// <summary>The states in which a federation is over.</summary>
    public static IReadOnlyList<OrchestrationRuntimeStatus> Over { get; } =
        [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];
}

/// <summary>What was removed.</summary>
/// <param name="Purged">The ids.</param>
/// <param name="More">Whether there may be more to remove: send the request again.</param>
public sealed record PurgedFederations(IReadOnlyList<string> Purged, bool More);

/// <summary>Removes many federations.</summary>
internal sealed class FederationPurge(IOrchestrationClient client, FederationControl control)
{
    private const int PageSize = 100;

    /// <summary>Removes them. What is removed by another meanwhile, or by then not over, is left out; a purge that is cut off is gone on with when it is sent again.</summary>
    public async Task<PurgedFederations> RunAsync(PurgeFilter filter, CancellationToken cancellationToken)
    {
        // All are found before the first is removed: pages must not move while they are read.
        var found = await FindAsync(filter, filter.Most + 1, cancellationToken);
        var purged = new List<string>();
        foreach (var id in found.Take(filter.Most))
        {
            try
            {
                await control.PurgeAsync(id, cancellationToken);
                purged.Add(id);
            }
            catch (Exception exception) when (exception is KeyNotFoundException or FederationConflictException)
            {
                // Somebody else saw to it.
            }
        }

        return new PurgedFederations(purged, found.Count > filter.Most);
    }

    private async Task<List<string>> FindAsync(PurgeFilter filter, int most, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        var query = new OrchestrationQuery(filter.Statuses ?? PurgeFilter.Over, filter.IdPrefix, Orchestrations.Federation.Name, PageSize);
        do
        {
            var page = await client.GetInstancesAsync(query, cancellationToken);
            found.AddRange(page.Instances
                .Where(instance => instance.IsOver && (filter.CreatedBefore is not { } before || instance.StartedAt() < before))
                .Select(instance => instance.InstanceId));
            query = query with { ContinuationToken = page.ContinuationToken };
        }
        while (query.ContinuationToken is not null && found.Count < most);
        return found;
    }
}
