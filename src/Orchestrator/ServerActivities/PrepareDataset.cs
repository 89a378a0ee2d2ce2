using System.Runtime;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// Reads a federation's data, unless that is decided already, and divides it among the clients, unless another federation with the same recipe
/// has had that done. What is wrong with the data, or with what the spec asks of it, is the federation's failure; that it can't be had now is
/// the host's.
/// </summary>
internal sealed class PrepareDataset(
    IArtifactStore store, IDatasetLibrary library, PartitionedDataset partitions, NetworkRegistry networks, IEngineCatalog engines,
    AttackRegistry attacks, SpecPackages packages, TimeProvider time, IOrchestrationClient? client = null, ISiteRegistry? sites = null,
    IDatasetRemovals? removals = null)
    : IActivity<FederationInput, PrepareDatasetResult>
{
    // The memory of less is not worth the pause in which it is given back.
    private const long LargeBytes = 64 << 20;

    private const int MaxReasonBytes = 1000;

    private readonly DatasetDecision decision = new(store, library, networks, engines, attacks);

    public async Task<PrepareDatasetResult> RunAsync(FederationInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(input.Spec, packages, cancellationToken);
        await using var watch = await PreparationWatch.BeginAsync(store, client, time, spec.Id, cancellationToken);
        var allocated = GC.GetTotalAllocatedBytes();
        try
        {
            var prepared = await PrepareAsync(spec, watch);
            return spec.Spec.IsAttacked() && prepared.Dataset is { } manifest ? await RefuseOthersDataAsync(prepared, manifest, watch.Token) : prepared;
        }
        catch (OperationCanceledException exception) when (watch.IsCalledOff && !cancellationToken.IsCancellationRequested)
        {
            throw new WorkNotNeededException($"nobody waits for the data of federation '{spec.Id}' any more: {exception.Message}");
        }
        finally
        {
            if (GC.GetTotalAllocatedBytes() - allocated > LargeBytes)
                GiveMemoryBack();
        }
    }

    private async Task<PrepareDatasetResult> PrepareAsync(ResolvedSpec spec, PreparationWatch watch)
    {
        if (spec.Spec.Sites().Count > 0)
            return await AskSitesAsync(spec, watch);

        // Data that was there once, and now isn't, is for a person to put back: rounds may have been learnt from it.
        if (spec.Dataset is { } decided)
            return await PartitionAsync(spec, decided, watch);
        try
        {
            var found = await decision.ResolveAsync(spec.Spec, spec.DataFolder, watch, watch.Token);
            spec = await decision.KeepAsync(spec, found, watch.Token);
        }
        catch (InvalidSpecException exception)
        {
            return Failed(string.Join("; ", exception.Errors));
        }
        catch (DatasetException exception) when (FailureKinds.Of(exception) == FailureKind.HostForGood)
        {
            return Failed(OfField(exception.Message));
        }

        return await PartitionAsync(spec, spec.Dataset!, watch);
    }

    private async Task<PrepareDatasetResult> AskSitesAsync(ResolvedSpec spec, PreparationWatch watch)
    {
        if (sites is null)
            return Failed("data: this host knows no sites; fldurable serve does");
        try
        {
            return await new SiteDataset(store, networks, decision, sites, removals).PrepareAsync(spec, watch.Token);
        }
        catch (InvalidSpecException exception)
        {
            return Failed(string.Join("; ", exception.Errors));
        }
    }

    private async Task<PrepareDatasetResult> PartitionAsync(ResolvedSpec spec, DatasetReference dataset, PreparationWatch watch)
    {
        if (removals is not null)
            await removals.WaitAsync(watch.Token);
        if (await store.FindAsync(ArtifactNames.DatasetManifest(dataset.Digest), watch.Token) is { } prepared)
        {
            _ = await partitions.ReadManifestAsync(prepared, watch.Token); // what is found by its name may be damaged
            return new PrepareDatasetResult(prepared);
        }

        var images = await OpenAsync(spec, dataset, watch);
        watch.Report(PreparationWatch.Partitioning);
        try
        {
            return new PrepareDatasetResult(
                await partitions.PrepareAsync(images, dataset.Source, DatasetRecipe.Of(spec.Spec, dataset.SourceSha256), watch.Token));
        }
        catch (DatasetException exception)
        {
            return Failed(exception.Message); // the images can't be divided so
        }
    }

    /// <summary>An attack is on clients that the host simulates: nobody who keeps its data itself is to be made hostile, or to pay for those who are.</summary>
    private async Task<PrepareDatasetResult> RefuseOthersDataAsync(
        PrepareDatasetResult prepared, ArtifactReference manifest, CancellationToken cancellationToken) =>
        await store.ReadClientsAsync(await store.ReadJsonAsync<DatasetManifest>(manifest, cancellationToken), cancellationToken)
            .FirstOrDefaultAsync(client => client.Data.Account is not null, cancellationToken) is { } other
            ? Failed($"attack: expected none, since {other.Client} keeps its data itself: an attack is for simulated clients alone")
            : prepared;

    private async Task<ImageDataset> OpenAsync(ResolvedSpec spec, DatasetReference dataset, PreparationWatch watch)
    {
        try
        {
            return await library.OpenAsync(dataset.SourceSha256, watch.Token);
        }
        catch (DatasetException)
        {
            // It was read on another machine: what the spec names may be had here too. Where the spec names nothing it is what was decided on: this
            // machine would decide on something else while it can't have that.
            var request = DatasetRequest.Of(spec);
            if ((await library.ResolveAsync(request with { Data = request.Data ?? dataset.Source }, watch, watch.Token)).Sha256 != dataset.SourceSha256)
                throw;
            return await library.OpenAsync(dataset.SourceSha256, watch.Token);
        }
    }

    // A reader of data begins with the file that it is about, unless a field is wrong that says how it is to be read.
    private static string OfField(string reason) =>
        DatasetRequest.Fields.Any(field => reason.StartsWith($"{field}: ", StringComparison.Ordinal)) ? reason : $"data: {reason}";

    private static PrepareDatasetResult Failed(string reason) => new(Dataset: null, Reasons.Shorten(reason, MaxReasonBytes));

    /// <summary>Reading takes many times what a round does. A host that idles afterwards would keep it for ever.</summary>
    private static void GiveMemoryBack()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
