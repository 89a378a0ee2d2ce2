using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>Rounds as the artifacts have them, for whoever has lost what the engine's database knew of them.</summary>
internal static class RecordedRounds
{
    /// <summary>A round, or null if it is not recorded.</summary>
    /// <exception cref="ArtifactMissingException">It is recorded, and its parameters are gone.</exception>
    /// <exception cref="ArtifactCorruptException">They are not those that are recorded.</exception>
    public static async Task<RecordedRound?> FindRoundAsync(
        this IArtifactStore store, string id, int round, ArtifactReference dataset, CancellationToken cancellationToken)
    {
        if (await store.FindJsonAsync<RoundRecord>(ArtifactNames.Record(id, round), cancellationToken) is not { } record)
            return null;
        var name = ArtifactNames.GlobalParameters(id, round);
        var global = await store.FindAsync(name, cancellationToken)
            ?? throw new ArtifactMissingException($"artifact '{name}' is missing, though round {round} is recorded", name);
        if (global.Sha256 != record.ParametersSha256)
            throw new ArtifactCorruptException($"artifact '{name}' has SHA-256 {global.Sha256}, round {round} was recorded with {record.ParametersSha256}", name);
        return new RecordedRound(round, dataset, global, record.ToMetrics());
    }

    /// <summary>The last round of a federation that is recorded; null if none is, or its partitioned data is gone and must be prepared first.</summary>
    /// <inheritdoc cref="FindRoundAsync"/>
    public static async Task<RecordedRound?> FindLastRoundAsync(this IArtifactStore store, ResolvedSpec spec, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(ArtifactNames.DatasetManifest(spec.Dataset.Digest), cancellationToken) is not { } dataset)
            return null;
        var last = -1;
        while (await store.FindAsync(ArtifactNames.Record(spec.Id, last + 1), cancellationToken) is not null)
            last++;
        return last < 0 ? null : await store.FindRoundAsync(spec.Id, last, dataset, cancellationToken);
    }
}
