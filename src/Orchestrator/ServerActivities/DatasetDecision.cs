using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>Decides once which data a federation learns from: what its spec's <c>data</c> is found to be.</summary>
internal sealed class DatasetDecision(IArtifactStore store, IDatasetLibrary library, NetworkRegistry networks)
{
    /// <summary>Reads what a spec names.</summary>
    /// <exception cref="InvalidSpecException">The spec doesn't fit it.</exception>
    /// <exception cref="DatasetException">It can't be used.</exception>
    public async Task<ResolvedDataset> ResolveAsync(FederationSpec spec, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var found = await library.ResolveAsync(DatasetRequest.Of(spec), progress, cancellationToken);
        DatasetFit.Check(spec, networks.Get(spec.Network), found);
        return found;
    }

    /// <summary>Has a federation keep to what was found, unless something else was found before.</summary>
    /// <returns>What it keeps to.</returns>
    public async Task<DatasetReference> KeepAsync(ResolvedSpec spec, ResolvedDataset found, CancellationToken cancellationToken)
    {
        var digest = DatasetRecipe.Of(spec.Spec, found.Sha256).Digest();
        var document = new FederationDataset(
            FederationDataset.CurrentVersion, new DatasetReference(found.Source, found.Sha256, digest, found.Shape, found.Classes), found.TrainExamples,
            found.TestExamples);
        document = document with { Seal = DocumentSeal.Of(document) };
        await store.PutJsonAsync(ArtifactNames.FederationDataset(spec.Id), document, cancellationToken);
        return await new RecordedFederation(store, spec.Id).ReadDatasetAsync(spec, cancellationToken);
    }
}
