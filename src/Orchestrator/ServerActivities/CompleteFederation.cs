using FlDurable.Orchestrator.Aggregation;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// Writes the result: all rounds that were recorded, also those of a federation that failed. A model has only one that did not: what was
/// reached before a failure are a round's parameters.
/// </summary>
internal sealed class CompleteFederation(IArtifactStore store) : IActivity<CompleteFederationInput, ArtifactReference>
{
    public async Task<ArtifactReference> RunAsync(CompleteFederationInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);

        // A late duplicate may come when the updates, which name the missing clients, are deleted already.
        var reference = await FindAsync(spec.Id, input.Retries ?? 0, cancellationToken) ?? await WriteAsync(spec, input, cancellationToken);

        // Or when the federation, which it says has failed, goes on with others.
        if (await store.FindAsync(ArtifactNames.PastFailure(spec.Id, (input.Retries ?? 0) + 1), cancellationToken) is null)
            await store.DeleteAsync(ArtifactNames.Updates(spec.Id), cancellationToken);
        return reference;
    }

    /// <summary>The result of this end of the federation, or of a later one; that of an end before its last retry is replaced.</summary>
    private async Task<ArtifactReference?> FindAsync(string id, int retries, CancellationToken cancellationToken)
    {
        var name = ArtifactNames.Result(id);
        var found = await store.FindAsync(name, cancellationToken);
        if (found is null)
            return await store.FindAsync(ArtifactNames.PastFailure(id, retries + 1), cancellationToken);
        if (retries == 0 || (await FindReadableAsync(name, cancellationToken))?.PastFailures is { } past && past.Count >= retries)
            return found;
        await store.DeleteAsync(name, cancellationToken);
        return null;
    }

    private async Task<FederationResult?> FindReadableAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await store.FindJsonAsync<FederationResult>(name, cancellationToken);
        }
        catch (ArtifactCorruptException)
        {
            return null; // what is to be replaced may be damaged
        }
    }

    private async Task<ArtifactReference> WriteAsync(ResolvedSpec spec, CompleteFederationInput input, CancellationToken cancellationToken)
    {
        var model = input is { Global: { } global, Failure: null } ? await PutModelAsync(spec.Id, global, cancellationToken) : null;

        // A damaged record is named in the result: the training is done, and what came of it does not hang on what it went through.
        var recorded = new RecordedFederation(store, spec.Id);
        var rounds = await recorded.ReadRecordsAsync(0, input.LastRound, recorded: input.LastRound, cancellationToken);
        var damage = rounds.Damage.ToList();
        spec = await DecideAsync(recorded, spec, damage, cancellationToken);
        var result = new FederationResult
        {
            Id = spec.Id,
            Status = input.Failure is null ? FederationStatus.Completed : FederationStatus.Failed,
            Failure = input.Failure,
            PastFailures = input.Retries is null ? null : await store.ReadPastFailuresAsync(spec.Id, cancellationToken),
            MissingClients = input.FailedUpdates is null ? null : await ReadFailuresAsync(input.FailedUpdates, cancellationToken),
            Spec = spec.Spec,
            Dataset = spec.Dataset,
            Engine = spec.Engine,
            Seed = spec.Spec.Seed,
            Network = spec.Spec.Network.Name,
            Clients = spec.Spec.Clients,
            Rounds = rounds.Records,
            Damage = damage.Count == 0 ? null : damage,
            Model = model is null ? null : new FederationModel(model.Name, model.Sha256),
            Stopped = input.Failure is null && rounds.Records is [.., { } last] ? last.Stopped : null,
            Best = BestModel.Find(spec, rounds.Records),
        };
        result = result with { Seal = DocumentSeal.Of(result) };
        return await store.PutJsonAsync(ArtifactNames.Result(spec.Id), result, cancellationToken);
    }

    private static async Task<ResolvedSpec> DecideAsync(
        RecordedFederation recorded, ResolvedSpec spec, List<string> damage, CancellationToken cancellationToken)
    {
        try
        {
            return await recorded.DecideAsync(spec, cancellationToken);
        }
        catch (ArtifactCorruptException exception)
        {
            damage.Add(exception.Message);
            return spec;
        }
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

    private async Task<ArtifactReference> PutModelAsync(string id, ArtifactReference global, CancellationToken cancellationToken)
    {
        var model = await store.PutAsync(ArtifactNames.Model(id), await store.ReadAsync(global, cancellationToken), cancellationToken);
        return model.Sha256 == global.Sha256
            ? model
            : throw new ArtifactCorruptException(
                $"artifact '{model.Name}' is damaged: it has SHA-256 {model.Sha256}, the last round's parameters have {global.Sha256}; delete it", model.Name);
    }
}
