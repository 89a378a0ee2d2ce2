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
        var name = await FindNameAsync(spec.Id, input, cancellationToken);
        var reference = await store.FindAsync(name, cancellationToken) ?? await WriteAsync(spec, input, name, cancellationToken);

        // Whoever retries what has failed may be training by now, and a late duplicate can't tell: a failure's updates go when that round is recorded.
        if (input.Failure is null)
            await store.DeleteAsync(ArtifactNames.Updates(spec.Id), cancellationToken);
        return reference;
    }

    /// <summary>
    /// The name of this end's result: its retry's. Where an engine has run that twice, and it failed first, the name is taken; it is completed all the same.
    /// </summary>
    private async Task<string> FindNameAsync(string id, CompleteFederationInput input, CancellationToken cancellationToken)
    {
        var retries = input.Retries ?? 0;
        while (input.Failure is null && await IsOfFailureAsync(ArtifactNames.Result(id, retries), cancellationToken))
            retries++;
        return ArtifactNames.Result(id, retries);
    }

    private async Task<bool> IsOfFailureAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await store.FindJsonAsync<FederationResult>(name, cancellationToken) is { Status: FederationStatus.Failed };
        }
        catch (ArtifactCorruptException)
        {
            return false; // whoever reads it is told
        }
    }

    private async Task<ArtifactReference> WriteAsync(ResolvedSpec spec, CompleteFederationInput input, string name, CancellationToken cancellationToken)
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
            PastFailures = input.Retries is { } retries ? [.. (await store.ReadPastFailuresAsync(spec.Id, cancellationToken)).Take(retries)] : null,
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
        return await store.PutJsonAsync(name, result, cancellationToken);
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
                .Take(RoundClients.MostTogether)
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
