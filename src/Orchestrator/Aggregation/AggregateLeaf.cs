using System.Runtime.CompilerServices;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Brings a leaf's cohorts together: every client by name, as a result or as a failure, and for updates their sum. An update that can't
/// be averaged is its client's failure; one that was acknowledged and has vanished is not, and stops the round.
/// </summary>
internal sealed class AggregateLeaf(IArtifactStore store, NetworkRegistry networks) : IActivity<AggregateLeafInput, SubtreeResult>
{
    public async Task<SubtreeResult> RunAsync(AggregateLeafInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);
        var selected = await store.ReadSelectedAsync(input.Selection, input.Phase, input.Range, cancellationToken);
        var check = input.Phase == RoundPhase.Fit ? await StartCheckAsync(spec.Spec, input.Global, cancellationToken) : null;
        var sum = check is null ? null : new UpdateSum(check.Layout);

        var clients = new List<ClientOutcome>(input.Range.Count);
        var updates = ReadOutcomesAsync(input, selected, cancellationToken)
            .ReadAheadAsync((outcome, cancel) => ReadUpdateAsync(outcome, check, cancel), cancellationToken);
        await foreach (var (outcome, update) in updates)
        {
            if (update is not null)
                sum?.Add(update, outcome.Examples);
            clients.Add(outcome);
        }

        return await WriteAsync(spec.Id, input, clients, sum, cancellationToken);
    }

    private async Task<UpdateCheck> StartCheckAsync(FederationSpec spec, ArtifactReference global, CancellationToken cancellationToken) =>
        new(await store.ReadParametersAsync(global, networks.Get(spec.Network), cancellationToken), spec.MaxUpdateNorm);

    private async IAsyncEnumerable<ClientOutcome> ReadOutcomesAsync(
        AggregateLeafInput input, IReadOnlyList<ClientPartition> selected, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cohorts = SelectionTree.Cohorts(input.Range, input.CohortSize).Zip(input.Cohorts).ToAsyncEnumerable();
        var reads = cohorts.ReadAheadAsync(
            (cohort, cancel) => ReadCohortAsync(input, selected, cohort.First, cohort.Second, cancel), cancellationToken);
        await foreach (var cohort in reads)
        {
            foreach (var outcome in cohort)
                yield return outcome;
        }
    }

    private async Task<IReadOnlyList<ClientOutcome>> ReadCohortAsync(
        AggregateLeafInput input, IReadOnlyList<ClientPartition> leaf, SelectionRange cohort, CohortEnd end, CancellationToken cancellationToken)
    {
        var selected = leaf.Skip(cohort.First - input.Range.First).Take(cohort.Count).Select(client => client.Client);
        var activity = input.Phase == RoundPhase.Fit ? Activities.TrainClient.Name : Activities.EvaluateClient.Name;
        if (end.Manifest is null)
            return [.. selected.Select(client => new ClientOutcome(client, 0, 0, Failure: new ClientFailure(client, activity, end.Failure ?? "no reason given")))];

        var manifest = await store.ReadJsonAsync<CohortManifest>(end.Manifest, cancellationToken);
        return manifest.Clients.Select(outcome => outcome.Client).SequenceEqual(selected)
            ? manifest.Clients
            : throw new ArtifactCorruptException($"artifact '{end.Manifest.Name}' does not name the clients of its cohort");
    }

    /// <param name="outcome">What the client says.</param>
    /// <param name="check">What an update must pass; null where there are none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>With the update if it can be averaged; if not, the outcome tells why.</returns>
    private async Task<(ClientOutcome Outcome, ModelParameters? Update)> ReadUpdateAsync(
        ClientOutcome outcome, UpdateCheck? check, CancellationToken cancellationToken)
    {
        if (outcome.Failure is not null || check is null)
            return (outcome, null);
        try
        {
            if (outcome.Update is null)
                return Rejected("there is none");
            if (outcome.Examples <= 0)
                return Rejected($"it was trained on {outcome.Examples} examples, expected at least 1");
            var update = await store.ReadParametersAsync(outcome.Update, check.Layout, cancellationToken);
            return check.WhyNot(update) is { } reason ? Rejected(reason) : (outcome, update);
        }
        catch (Exception exception) when (exception is ArtifactCorruptException or SafetensorsException)
        {
            return Rejected(exception.Message);
        }

        (ClientOutcome, ModelParameters?) Rejected(string reason)
        {
            var failure = new ClientFailure(outcome.Client, Activities.TrainClient.Name, $"the update is rejected: {reason}");
            return (outcome with { Metrics = null, Update = null, Failure = failure }, null);
        }
    }

    private async Task<SubtreeResult> WriteAsync(
        string id, AggregateLeafInput input, List<ClientOutcome> clients, UpdateSum? sum, CancellationToken cancellationToken)
    {
        var succeeded = clients.Count(client => client.Failure is null);
        var sumReference = sum is not null && succeeded > 0
            ? await store.PutAsync(
                ArtifactNames.PartialSum(id, input.Round, input.Attempt, input.Range), sum.ToSafetensors(), cancellationToken)
            : null;
        var manifest = new CohortManifest(clients, sumReference);
        var reference = await store.PutJsonAsync(
            ArtifactNames.Subtree(id, input.Round, input.Attempt, input.Phase, input.Range), manifest, cancellationToken);
        return Outcomes.Summarize(reference, manifest);
    }
}
