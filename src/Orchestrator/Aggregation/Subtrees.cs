using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>A subtree's outcomes, in brief.</summary>
internal static class Subtrees
{
    private const int MaxFailureBytes = 400;

    public static SubtreeResult Summarize(ArtifactReference manifest, IReadOnlyList<ClientOutcome> clients)
    {
        var failures = clients.Where(client => client.Failure is not null).Select(client => client.Failure!).ToList();
        var first = failures.Count == 0 ? null : failures[0] with { Reason = Reasons.Shorten(failures[0].Reason, MaxFailureBytes) };
        return new SubtreeResult(manifest, clients.Count - failures.Count, failures.Count, first);
    }
}
