using System.Runtime.CompilerServices;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>Manifests of outcomes: those of a leaf, which name its clients, and those of larger subtrees, which name their parts.</summary>
internal static class Outcomes
{
    private const int MaxFailureBytes = 400;

    /// <summary>Every client's outcome, in selection order, with one leaf in memory at a time.</summary>
    public static async IAsyncEnumerable<ClientOutcome> ReadOutcomesAsync(
        this IArtifactStore store, ArtifactReference manifest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var content = await store.ReadJsonAsync<PartOutcomes>(manifest, cancellationToken);
        foreach (var outcome in content.Clients)
            yield return outcome;
        foreach (var subtree in content.Merged?.Subtrees ?? [])
        {
            await foreach (var outcome in store.ReadOutcomesAsync(subtree, cancellationToken))
                yield return outcome;
        }
    }

    /// <summary>What there is in a manifest, and in those that it names.</summary>
    public static OutcomeTotals Totals(PartOutcomes manifest) => manifest.Merged?.Totals ?? Count(manifest.Clients);

    /// <summary>What there is in neighbouring subtrees together.</summary>
    public static OutcomeTotals Add(OutcomeTotals one, OutcomeTotals next) => new(
        one.Succeeded + next.Succeeded, one.Failed + next.Failed, one.Examples + next.Examples, one.FirstFailure ?? next.FirstFailure);

    /// <summary>A manifest in brief.</summary>
    public static PartResult Summarize(ArtifactReference reference, PartOutcomes manifest)
    {
        var totals = Totals(manifest);
        return new PartResult(reference, totals.Succeeded, totals.Failed, totals.FirstFailure);
    }

    private static OutcomeTotals Count(IReadOnlyList<ClientOutcome> clients)
    {
        var failures = clients.Where(client => client.Failure is not null).Select(client => client.Failure!).ToList();
        var first = failures.Count == 0 ? null : failures[0] with { Reason = Reasons.Shorten(failures[0].Reason, MaxFailureBytes) };
        var examples = clients.Where(client => client.Failure is null).Sum(client => client.Examples);
        return new OutcomeTotals(clients.Count - failures.Count, failures.Count, examples, first);
    }
}
