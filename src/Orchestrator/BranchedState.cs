using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>
/// What a branch takes over besides parameters: what the strategy kept of the round that it starts from. A branch with another strategy
/// takes over nothing.
/// </summary>
internal sealed class BranchedState(IArtifactStore store)
{
    /// <summary>What a new federation is to start from, by the name that it has there; null if that is nothing.</summary>
    /// <exception cref="InvalidSpecException">It is gone or damaged.</exception>
    public async Task<ArtifactReference?> ResolveAsync(FederationSpec spec, CancellationToken cancellationToken) =>
        await FindAsync(spec, cancellationToken) is { } kept ? kept with { Name = ArtifactNames.StrategyState(spec.Id!, round: 0) } : null;

    /// <summary>Copies it, unless that is done.</summary>
    /// <inheritdoc cref="ResolveAsync"/>
    public async Task CopyAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        if (spec.InitialState is not { } expected || await store.FindAsync(expected.Name, cancellationToken) == expected)
            return;
        var kept = await FindAsync(spec.Spec, cancellationToken) ?? throw Refused($"what its strategy kept of it is gone (expected SHA-256 {expected.Sha256})");
        var content = await store.ReadAsync(kept with { Length = expected.Length, Sha256 = expected.Sha256 }, cancellationToken);
        if (await store.PutAsync(expected.Name, content, cancellationToken) is var there && there != expected)
        {
            throw new ArtifactCorruptException(
                $"artifact '{expected.Name}' is damaged: it has SHA-256 {there.Sha256}, the federation was started with {expected.Sha256}; delete it and start again", expected.Name);
        }
    }

    private async Task<ArtifactReference?> FindAsync(FederationSpec spec, CancellationToken cancellationToken)
    {
        if (spec.Initial is null || ArtifactNames.ParseGlobalParameters(spec.Initial) is not var (id, round))
            return null;
        if (await new RecordedFederation(store, id).FindSpecAsync(cancellationToken) is not { } parent || parent.Spec.Strategy.Name != spec.Strategy.Name)
            return null;
        try
        {
            var recorded = new RecordedFederation(store, id);
            return await recorded.FindRecordAsync(round, cancellationToken) is { } record
                ? await recorded.FindStrategyStateAsync(record, cancellationToken)
                : null;
        }
        catch (Exception exception) when (exception is ArtifactMissingException or ArtifactCorruptException)
        {
            throw Refused($"what its strategy kept of it can't be used: {exception.Message}");
        }
    }

    private static InvalidSpecException Refused(string reason) => new([new SpecError("initial", $"that round can't be branched from: {reason}")]);
}
