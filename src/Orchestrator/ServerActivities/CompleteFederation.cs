using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>Writes the final model and the result: all rounds that were recorded, also those of a federation that failed.</summary>
internal sealed class CompleteFederation(IArtifactStore store) : IActivity<CompleteFederationInput, ArtifactReference>
{
    public async Task<ArtifactReference> RunAsync(CompleteFederationInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);
        var model = input.Global is null
            ? null
            : await store.PutAsync(
                ArtifactNames.Model(spec.Id), await store.ReadAsync(input.Global, cancellationToken), cancellationToken);
        var result = new FederationResult
        {
            Id = spec.Id,
            Status = input.Failure is null ? FederationStatus.Completed : FederationStatus.Failed,
            Failure = input.Failure,
            Dataset = spec.Dataset,
            Engine = spec.Engine,
            Seed = spec.Spec.Seed,
            Network = spec.Spec.Network,
            Clients = spec.Spec.Clients,
            Rounds = await ReadRecordsAsync(spec.Id, input.LastRound, cancellationToken),
            Model = model is null ? null : new FederationModel(model.Name, model.Sha256),
        };
        return await store.PutJsonAsync(ArtifactNames.Result(spec.Id), result, cancellationToken);
    }

    private async Task<List<RoundRecord>> ReadRecordsAsync(string id, int lastRound, CancellationToken cancellationToken)
    {
        var records = new List<RoundRecord>();
        for (var round = 0; round <= lastRound; round++)
        {
            var name = ArtifactNames.Record(id, round);
            records.Add(await store.FindJsonAsync<RoundRecord>(name, cancellationToken)
                ?? throw new ArtifactMissingException($"artifact '{name}' is missing, though round {lastRound} is recorded"));
        }

        return records;
    }
}
