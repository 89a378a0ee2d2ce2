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
        foreach (var (cohort, end) in SelectionTree.Cohorts(input.Range, input.CohortSize).Zip(input.Cohorts))
        {
            var names = selected.Skip(cohort.First - input.Range.First).Take(cohort.Count).Select(client => client.Client).ToList();
            foreach (var outcome in await ReadCohortAsync(input.Phase, names, end, cancellationToken))
                clients.Add(sum is null || check is null ? outcome : await AddUpdateAsync(sum, check, outcome, cancellationToken));
        }

        return await WriteAsync(spec.Id, input, clients, sum, cancellationToken);
    }

    private async Task<UpdateCheck> StartCheckAsync(FederationSpec spec, ArtifactReference global, CancellationToken cancellationToken) =>
        new(await store.ReadParametersAsync(global, networks.Get(spec.Network), cancellationToken), spec.MaxUpdateNorm);

    private async Task<IReadOnlyList<ClientOutcome>> ReadCohortAsync(
        RoundPhase phase, IReadOnlyList<string> selected, CohortEnd end, CancellationToken cancellationToken)
    {
        var activity = phase == RoundPhase.Fit ? Activities.TrainClient.Name : Activities.EvaluateClient.Name;
        if (end.Manifest is null)
            return [.. selected.Select(client => new ClientOutcome(client, 0, 0, Failure: new ClientFailure(client, activity, end.Failure ?? "no reason given")))];

        var manifest = await store.ReadJsonAsync<CohortManifest>(end.Manifest, cancellationToken);
        return manifest.Clients.Select(outcome => outcome.Client).SequenceEqual(selected)
            ? manifest.Clients
            : throw new ArtifactCorruptException($"artifact '{end.Manifest.Name}' does not name the clients of its cohort");
    }

    private async Task<ClientOutcome> AddUpdateAsync(
        UpdateSum sum, UpdateCheck check, ClientOutcome outcome, CancellationToken cancellationToken)
    {
        if (outcome.Failure is not null)
            return outcome;
        try
        {
            if (outcome.Update is null)
                return Rejected("there is none");
            if (outcome.Examples <= 0)
                return Rejected($"it was trained on {outcome.Examples} examples, expected at least 1");
            var update = Safetensors.Read(await store.ReadAsync(outcome.Update, cancellationToken), check.Layout);
            if (check.WhyNot(update) is { } reason)
                return Rejected(reason);
            sum.Add(update, outcome.Examples);
            return outcome;
        }
        catch (Exception exception) when (exception is ArtifactCorruptException or SafetensorsException)
        {
            return Rejected(exception.Message);
        }

        ClientOutcome Rejected(string reason) => outcome with
        {
            Metrics = null,
            Update = null,
            Failure = new ClientFailure(outcome.Client, Activities.TrainClient.Name, $"the update is rejected: {reason}"),
        };
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
