using System.Security.Cryptography;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// What a federation learns from where its data is at sites: each site is a client, in the order of the spec, with what it has said that it has
/// when all had enrolled. That is decided once; a site whose data is another later on does no work for the federation.
/// </summary>
internal sealed class SiteDataset(IArtifactStore store, NetworkRegistry networks, DatasetDecision decision, ISiteRegistry sites, IDatasetRemovals? removals)
{
    /// <summary>Writes the manifest, or finds it, or says for whom is waited.</summary>
    /// <exception cref="InvalidSpecException">What the sites have does not fit the spec, or each other.</exception>
    public async Task<PrepareDatasetResult> PrepareAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        await WaitForRemovalsAsync(cancellationToken);
        if (spec.Dataset is { } decided && await store.FindAsync(ArtifactNames.DatasetManifest(decided.Digest), cancellationToken) is { } written)
            return new PrepareDatasetResult(written);
        var enrolled = new List<(string Site, Enrolment Enrolment)>();
        var missing = new List<string>();
        foreach (var site in spec.Spec.Sites())
        {
            if (await sites.FindEnrolmentAsync(site, cancellationToken) is { } enrolment)
                enrolled.Add((site, enrolment));
            else
                missing.Add(site);
        }

        if (missing.Count > 0)
            return new PrepareDatasetResult(Dataset: null, WaitingFor: Reasons.Shorten(string.Join(", ", missing), 200));
        RefuseDifference(enrolled);
        var found = Describe(enrolled);
        DatasetFit.Check(spec.Spec, networks.Get(spec.Spec.Network), found);
        spec = await decision.KeepAsync(spec, found, cancellationToken);
        if (spec.Dataset!.SourceSha256 != found.Sha256)
            throw new InvalidSpecException([new SpecError("data", "what its sites have is not what they had when the federation began")]);
        await WaitForRemovalsAsync(cancellationToken);
        return new PrepareDatasetResult(await WriteAsync(spec, enrolled, cancellationToken));
    }

    private Task WaitForRemovalsAsync(CancellationToken cancellationToken) => removals?.WaitAsync(cancellationToken) ?? Task.CompletedTask;

    private async Task<ArtifactReference> WriteAsync(
        ResolvedSpec spec, List<(string Site, Enrolment Enrolment)> enrolled, CancellationToken cancellationToken)
    {
        var dataset = spec.Dataset!;
        var test = await store.PutAsync(ArtifactNames.TestData(dataset.Digest), ReadOnlyMemory<byte>.Empty, cancellationToken);
        var clients = enrolled.Index().Select(client => Client(client.Index, client.Item.Site, client.Item.Enrolment)).ToList();
        var first = enrolled[0].Enrolment;
        var manifest = new DatasetManifest(
            DatasetRecipe.Of(spec.Spec, dataset.SourceSha256), SiteData.Kind, first.Shape, first.Classes, clients, test, TestExamples: 0);
        manifest = manifest with { Seal = DocumentSeal.Of(manifest) };
        return await store.PutJsonAsync(ArtifactNames.DatasetManifest(dataset.Digest), manifest, cancellationToken);
    }

    private static ClientPartition Client(int index, string site, Enrolment enrolment)
    {
        var bytes = ((long)enrolment.TrainExamples + enrolment.ValidationExamples) * enrolment.Shape.RecordLength;
        return new ClientPartition(
            index, site, new ArtifactReference($"{SiteData.Kind}/{site}", bytes, enrolment.Digest), enrolment.TrainExamples, enrolment.ValidationExamples, Site: site);
    }

    private static ResolvedDataset Describe(List<(string Site, Enrolment Enrolment)> enrolled)
    {
        var said = enrolled.Select(site => new SaidBySite(site.Site, site.Enrolment.Digest, site.Enrolment.TrainExamples, site.Enrolment.ValidationExamples)).ToList();
        var first = enrolled[0].Enrolment;
        return new ResolvedDataset(
            SiteData.Kind, Convert.ToHexStringLower(SHA256.HashData(ContractJson.SerializeToUtf8(said))), $"the data of {enrolled.Count} sites", first.Shape,
            first.Classes.Count, enrolled.Sum(site => site.Enrolment.TrainExamples), TestExamples: 0);
    }

    /// <summary>An image's label is the number of its class: sites that number them differently would teach each other nonsense.</summary>
    private static void RefuseDifference(List<(string Site, Enrolment Enrolment)> enrolled)
    {
        var (firstSite, first) = enrolled[0];
        foreach (var (site, enrolment) in enrolled.Skip(1))
        {
            if (enrolment.Shape != first.Shape)
                throw Differs(site, $"{enrolment.Shape.Examples}, {firstSite} {first.Shape.Examples}");
            if (enrolment.Columns != first.Columns)
                throw Differs(site, $"a table with other columns than {firstSite}, or in another order");
            if (enrolment.Classes.Count != first.Classes.Count)
                throw Differs(site, FormattableString.Invariant($"{enrolment.Classes.Count} classes, {firstSite} {first.Classes.Count}"));
            foreach (var (label, (own, others)) in enrolment.Classes.Zip(first.Classes).Index())
            {
                if (own != others)
                    throw Differs(site, FormattableString.Invariant($"'{own}' as class {label}, {firstSite} '{others}'"));
            }
        }

        static InvalidSpecException Differs(string site, string how) =>
            new([new SpecError("data", Reasons.Shorten($"site {site} has {how}: all must have the same classes in the same order, and images of one shape or tables of the same columns", 400))]);
    }

    private sealed record SaidBySite(string Site, string Digest, int TrainExamples, int ValidationExamples);
}
