using FlDurable.Orchestrator.Aggregation;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>Writes the final model and the result: all rounds that were recorded, also those of a federation that failed.</summary>
internal sealed class CompleteFederation(IArtifactStore store) : IActivity<CompleteFederationInput, ArtifactReference>
{
    public async Task<ArtifactReference> RunAsync(CompleteFederationInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);

        // A late duplicate may come when the updates, which name the missing clients, are deleted already.
        var reference = await store.FindAsync(ArtifactNames.Result(spec.Id), cancellationToken)
            ?? await WriteAsync(spec, input, cancellationToken);
        await store.DeleteAsync(ArtifactNames.Updates(spec.Id), cancellationToken);
        return reference;
    }

    private async Task<ArtifactReference> WriteAsync(ResolvedSpec spec, CompleteFederationInput input, CancellationToken cancellationToken)
    {
        var model = input.Global is null ? null : await PutModelAsync(spec.Id, input.Global, input.Failure is not null, cancellationToken);
        var result = new FederationResult
        {
            Id = spec.Id,
            Status = input.Failure is null ? FederationStatus.Completed : FederationStatus.Failed,
            Failure = input.Failure,
            MissingClients = input.FailedUpdates is null ? null : await ReadFailuresAsync(input.FailedUpdates, cancellationToken),
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

    private async Task<List<ClientFailure>?> ReadFailuresAsync(ArtifactReference updates, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReadOutcomesAsync(updates, cancellationToken)
                .Where(outcome => outcome.Failure is not null)
                .Select(outcome => outcome.Failure!)
                .ToListAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is ArtifactMissingException or ArtifactCorruptException)
        {
            // Updates don't live for ever, and a result that doesn't name the missing is better than none.
            return null;
        }
    }

    private async Task<ArtifactReference?> PutModelAsync(
        string id, ArtifactReference global, bool hasFailed, CancellationToken cancellationToken)
    {
        try
        {
            return await store.PutAsync(ArtifactNames.Model(id), await store.ReadAsync(global, cancellationToken), cancellationToken);
        }
        catch (Exception exception) when (hasFailed && exception is (ArtifactMissingException or ArtifactCorruptException))
        {
            // That may be the very reason why the federation failed; its result is written all the same.
            return null;
        }
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
