using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.ServerActivities;

public sealed class PrepareDatasetTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("fldurable-prepare-").FullName;
    private readonly HttpClient noNetwork = new(new NoNetwork());
    private readonly FileArtifactStore store;

    public PrepareDatasetTests() => store = new FileArtifactStore(Path.Combine(root, "artifacts"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_that_did_not_launch_the_federation_gets_the_data_itself()
    {
        var dataset = await Machine("one").ResolveAsync(new DatasetRequest("synthetic:train=60,test=10"), progress: null, Cancel);
        var prepared = await Activity("other").RunAsync(await PutSpecAsync("synthetic:train=60,test=10", dataset.Sha256), Cancel);
        Assert.EndsWith("manifest.json", prepared.Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_data_than_the_federation_was_launched_with_is_not_taken()
    {
        var dataset = await Machine("one").ResolveAsync(new DatasetRequest("synthetic:train=60,test=10"), progress: null, Cancel);
        var input = await PutSpecAsync("synthetic:train=70,test=10", dataset.Sha256);
        var exception = await Assert.ThrowsAsync<DatasetException>(() => Activity("other").RunAsync(input, Cancel));
        Assert.Contains(dataset.Sha256, exception.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        noNetwork.Dispose();
        Directory.Delete(root, recursive: true);
    }

    private DatasetLibrary Machine(string name) => new(Path.Combine(root, name), noNetwork, TimeProvider.System);

    private PrepareDataset Activity(string machine) =>
        new(store, Machine(machine), new PartitionedDataset(store, new Partitioners()));

    private async Task<FederationInput> PutSpecAsync(string data, string sourceSha256)
    {
        var spec = new FederationSpec { Id = "fed", Data = data, Clients = 2 };
        var digest = DatasetRecipe.Of(spec, sourceSha256).Digest();
        var resolved = new ResolvedSpec(
            ResolvedSpec.CurrentVersion, "fed", "none", new DatasetReference("synthetic", sourceSha256, digest), Initial: null, spec);
        return new FederationInput(await store.PutJsonAsync(ArtifactNames.Spec("fed"), resolved, Cancel));
    }

    private sealed class NoNetwork : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException("no network");
    }
}
