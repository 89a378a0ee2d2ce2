using FlDurable.Shared.Attacks;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// Decides once which data a federation learns from, what its spec's <c>data</c> is found to be, and which engine trains it where that hung on
/// the images' shape.
/// </summary>
internal sealed class DatasetDecision(
    IArtifactStore store, IDatasetLibrary library, NetworkRegistry networks, IEngineCatalog engines, AttackRegistry attacks)
{
    /// <summary>Reads what a spec names.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="folder">Where it must lie (<see cref="ResolvedSpec.DataFolder"/>); null for anywhere.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidSpecException">The spec doesn't fit it.</exception>
    /// <exception cref="DatasetException">It can't be used.</exception>
    public async Task<ResolvedDataset> ResolveAsync(
        FederationSpec spec, string? folder, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var found = await library.ResolveAsync(DatasetRequest.Of(spec) with { Within = folder }, progress, cancellationToken);
        DatasetFit.Check(spec, networks.Get(spec.Network), found);
        attacks.Check(spec, found.Shape, found.Classes);
        return found;
    }

    /// <summary>Has a federation keep to what was found, unless something else was found before.</summary>
    /// <returns>The spec with what it keeps to.</returns>
    /// <exception cref="InvalidSpecException">No engine can train the network for such images.</exception>
    /// <exception cref="WorkNotNeededException">It was purged meanwhile, and nothing is kept.</exception>
    public async Task<ResolvedSpec> KeepAsync(ResolvedSpec spec, ResolvedDataset found, CancellationToken cancellationToken)
    {
        var digest = DatasetRecipe.Of(spec.Spec, found.Sha256).Digest();
        var engine = networks.Find(spec) is null
            ? engines.Resolve(spec.Engine, networks.Get(spec.Spec.Network).For(found.Shape, found.Classes), spec.Spec.LargestBatch(), spec.Spec.CentralEvaluation)
            : spec.Engine;
        var document = new FederationDataset(
            FederationDataset.CurrentVersion, new DatasetReference(found.Source, found.Sha256, digest, found.Shape, found.Classes), found.TrainExamples,
            found.TestExamples, engine == spec.Engine ? null : engine);
        document = document with { Seal = DocumentSeal.Of(document) };
        await store.PutJsonAsync(ArtifactNames.FederationDataset(spec.Id), document, cancellationToken);

        // Looked for afterwards: a purge that is not seen here deletes what was written, since its sign comes first.
        if (await store.FindAsync(ArtifactNames.Purged(spec.Id), cancellationToken) is { } purged)
        {
            await store.DeleteAsync(ArtifactNames.FederationDataset(spec.Id), cancellationToken);
            throw new WorkNotNeededException($"the data of federation '{spec.Id}' is not needed any more: artifact '{purged.Name}' is written");
        }

        return await new RecordedFederation(store, spec.Id).DecideAsync(spec, cancellationToken) is { Dataset: not null } decided
            ? decided
            : throw RecordedFederation.LostDataset(spec.Id);
    }
}
