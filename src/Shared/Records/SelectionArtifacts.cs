using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Records;

/// <summary>
/// Selections as artifacts. A selection of more than one leaf is a tree of artifacts, each checked against the reference in the one above:
/// so what a leaf's readers read does not grow with the selection.
/// </summary>
public static class SelectionArtifacts
{
    private const int ConcurrentPuts = 4;

    /// <summary>Writes who takes part in a round: the parts, if there are any, before what refers to them.</summary>
    /// <param name="store">Where to.</param>
    /// <param name="id">The federation's id.</param>
    /// <param name="round">The round.</param>
    /// <param name="fit">The clients that train, in order.</param>
    /// <param name="evaluate">The clients that evaluate, in order.</param>
    /// <param name="plan">What the strategy asks of those that train; null for nothing.</param>
    /// <param name="cohortSizes">Clients an activity that trains, and one that evaluates, where the spec leaves that to the round; else null.</param>
    /// <param name="cancellationToken">Looked at between artifacts.</param>
    /// <returns>The <see cref="Selection"/>'s reference.</returns>
    public static async Task<ArtifactReference> PutSelectionAsync(
        this IArtifactStore store, string id, int round, IReadOnlyList<ClientPartition> fit, IReadOnlyList<ClientPartition> evaluate,
        ClientPlan? plan, (int Fit, int Evaluate)? cohortSizes, CancellationToken cancellationToken)
    {
        var training = await CutAsync(RoundPhase.Fit, fit, new SelectionRange(0, fit.Count));
        var evaluating = await CutAsync(RoundPhase.Evaluate, evaluate, new SelectionRange(0, evaluate.Count));
        var selection = new Selection(round, training.Clients, evaluating.Clients, training.Parts, evaluating.Parts, plan)
        {
            CohortSize = cohortSizes?.Fit,
            EvaluateCohortSize = cohortSizes?.Evaluate,
        };
        return await store.PutJsonAsync(ArtifactNames.Selection(id, round), selection, cancellationToken);

        async Task<SelectedClients> CutAsync(RoundPhase phase, IReadOnlyList<ClientPartition> clients, SelectionRange range)
        {
            if (SelectionTree.IsLeaf(range))
                return new SelectedClients([.. Enumerable.Range(range.First, range.Count).Select(index => clients[index])]);
            var ranges = SelectionTree.Subtrees(range).ToList();
            var parts = new SelectionPart[ranges.Count];
            var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = ConcurrentPuts };
            await Parallel.ForAsync(0, parts.Length, options, async (index, cancellation) =>
            {
                var content = await CutAsync(phase, clients, ranges[index]);
                var name = ArtifactNames.SelectionPart(id, round, phase, ranges[index]);
                parts[index] = new SelectionPart(ranges[index], await store.PutJsonAsync(name, content, cancellation));
            });
            return new SelectedClients([], parts);
        }
    }

    /// <summary>Reads some consecutive clients of one leaf.</summary>
    /// <param name="store">Where from.</param>
    /// <param name="selection">The <see cref="Selection"/>.</param>
    /// <param name="phase">Those that train, or those that evaluate.</param>
    /// <param name="range">Which of them.</param>
    /// <param name="cancellationToken">Looked at between artifacts.</param>
    /// <exception cref="ArtifactMissingException">A part of the selection is not there.</exception>
    /// <exception cref="ArtifactCorruptException">The selection has no such clients, or a part is not what the one above says.</exception>
    public static async Task<IReadOnlyList<ClientPartition>> ReadSelectedAsync(
        this IArtifactStore store, ArtifactReference selection, RoundPhase phase, SelectionRange range, CancellationToken cancellationToken) =>
        (await store.ReadPartAsync(selection, phase, range, cancellationToken)).Clients;

    /// <inheritdoc cref="ReadSelectedAsync"/>
    /// <returns>The clients, and the parts of the selection that were read to find them.</returns>
    public static async Task<(IReadOnlyList<ClientPartition> Clients, IReadOnlyList<ArtifactReference> Parts)> ReadPartAsync(
        this IArtifactStore store, ArtifactReference selection, RoundPhase phase, SelectionRange range, CancellationToken cancellationToken)
    {
        var read = new List<ArtifactReference>();
        var at = (await store.ReadJsonAsync<Selection>(selection, cancellationToken)).Of(phase);
        var first = 0;
        while (at.Parts is { } parts)
        {
            var part = parts.FirstOrDefault(part => part.Range.First <= range.First && range.First < part.Range.First + part.Range.Count)
                ?? throw NotNamed();
            first = part.Range.First;
            read.Add(part.Content);
            at = await store.ReadJsonAsync<SelectedClients>(part.Content, cancellationToken);
        }

        var clients = at.Clients.Skip(range.First - first).Take(range.Count).ToList();
        return clients.Count == range.Count ? (clients, read) : throw NotNamed();

        ArtifactCorruptException NotNamed() => new(
            $"artifact '{selection.Name}' does not name the clients {range.First} to {range.First + range.Count - 1} of {phase} in one leaf");
    }
}
