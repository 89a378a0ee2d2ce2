using FlDurable.Shared.Attacks;
using System.Reflection;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
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
        Assert.EndsWith("manifest.json", prepared.Dataset!.Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_data_than_the_federation_was_launched_with_is_not_taken()
    {
        var dataset = await Machine("one").ResolveAsync(new DatasetRequest("synthetic:train=60,test=10"), progress: null, Cancel);
        var input = await PutSpecAsync("synthetic:train=70,test=10", dataset.Sha256);
        var exception = await Assert.ThrowsAsync<DatasetException>(() => Activity("other").RunAsync(input, Cancel));
        Assert.Contains(dataset.Sha256, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_machine_s_own_data_that_was_decided_elsewhere_and_can_not_be_downloaded_now_is_waited_for()
    {
        var input = await PutSpecAsync(data: null, "0123", source: "cifar10");
        var exception = await Assert.ThrowsAsync<DatasetException>(() => Activity("other", new OwnData()).RunAsync(input, Cancel));
        Assert.Equal((FailureKind.HostForNow, "no network"), (FailureKinds.Of(exception), exception.Message));
    }

    [Fact]
    public async Task Hostile_clients_are_refused_beside_one_that_keeps_its_data_itself()
    {
        var spec = new FederationSpec
        {
            Id = "fed",
            Data = "synthetic:train=60,test=10",
            Clients = 2,
            Attack = ContractJson.Deserialize<SpecChoice>("""{"name":"mimic","named":"client-0"}"""),
        };
        var input = await PutSpecAsync(spec);
        var prepared = (await Activity("one").RunAsync(input, Cancel)).Dataset!;
        var manifest = await store.ReadJsonAsync<DatasetManifest>(prepared, Cancel);
        var elsewhere = manifest.Clients[1] with { Data = manifest.Clients[1].Data with { Account = "hospital-7" } };
        await store.DeleteAsync(prepared.Name, Cancel);
        await store.PutJsonAsync(prepared.Name, manifest with { Clients = [manifest.Clients[0], elsewhere] }, Cancel);

        var refused = await Activity("one").RunAsync(input, Cancel);

        Assert.Null(refused.Dataset);
        Assert.Equal("attack: expected none, since client-1 keeps its data itself: an attack is for simulated clients alone", refused.Failure);
    }

    [Fact]
    public async Task A_manifest_that_has_lost_a_client_is_damaged_also_where_it_is_found_by_its_name()
    {
        var input = await PutSpecAsync(new FederationSpec { Id = "fed", Data = "synthetic:train=60,test=10", Clients = 2 });
        var prepared = (await Activity("one").RunAsync(input, Cancel)).Dataset!;
        var manifest = await store.ReadJsonAsync<DatasetManifest>(prepared, Cancel);
        await store.DeleteAsync(prepared.Name, Cancel);
        await store.PutJsonAsync(prepared.Name, manifest with { Clients = [manifest.Clients[0]] }, Cancel);

        var failure = await Assert.ThrowsAsync<ArtifactCorruptException>(() => Activity("one").RunAsync(input, Cancel));

        Assert.Contains($"{prepared.Name}: damaged: it is not what its recipe gives. Delete datasets/", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_data_is_found_to_be_is_decided_once()
    {
        var first = await Activity("one").RunAsync(await PutSpecAsync(new FederationSpec { Id = "fed", Data = "synthetic:train=60,test=10", Clients = 2 }), Cancel);
        var decided = await new RecordedFederation(store, "fed").FindSpecAsync(Cancel);
        var again = await Activity("other", new OtherData()).RunAsync(new FederationInput((await store.FindAsync(ArtifactNames.Spec("fed"), Cancel))!), Cancel);

        Assert.Equal(first, again);
        Assert.Equal(ArtifactNames.DatasetManifest(decided!.Dataset!.Digest), first.Dataset!.Name);
        var document = await store.FindJsonAsync<FederationDataset>(ArtifactNames.FederationDataset("fed"), Cancel);
        Assert.Equal((new ImageShape(3, 32, 32), 10, 60, 10), (document!.Dataset.Shape!.Value, document.Dataset.Classes!.Value, document.TrainExamples, document.TestExamples));
    }

    [Theory]
    [InlineData("clients: expected at most one client an image, got 61 clients for 60", 61, "iid", "cifar10-cnn")]
    [InlineData("network: fedavg-cnn can't learn from images of 1×2×2 in 3 classes: ", 2, "iid", "fedavg-cnn")]
    [InlineData("partitioner: dirichlet: in 11 draws ", 50, "dirichlet", "cifar10-cnn")]
    public async Task What_only_the_data_can_tell_is_a_failure_that_names_the_field(string failure, int clients, string partitioner, string network)
    {
        var spec = new FederationSpec
        {
            Id = "fed",
            Data = "synthetic:train=60,test=10",
            Clients = clients,
            Network = network,
            Partitioner = partitioner,
        };

        var result = await Activity("one", network == "fedavg-cnn" ? new OtherData() : null).RunAsync(await PutSpecAsync(spec), Cancel);

        Assert.Null(result.Dataset);
        Assert.StartsWith(failure, result.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_is_of_no_use_is_a_failure_and_data_that_can_not_be_had_now_is_the_hosts()
    {
        var input = await PutSpecAsync(new FederationSpec { Id = "fed", Data = "any" });

        var refused = await Activity("one", new NoData(new DatasetException("/data.zip: no images"))).RunAsync(input, Cancel);
        var divided = await Activity("one", new NoData(new DatasetException("testFraction: /data.zip: divided already"))).RunAsync(input, Cancel);

        Assert.Equal("data: /data.zip: no images", refused.Failure);
        Assert.Equal("testFraction: /data.zip: divided already", divided.Failure);
        await Assert.ThrowsAsync<DatasetException>(
            () => Activity("one", new NoData(new DatasetException("data: can't be read", new IOException()))).RunAsync(input, Cancel));
    }

    [Fact]
    public async Task Data_of_a_federation_that_is_to_stop_is_not_read()
    {
        var input = await PutSpecAsync(new FederationSpec { Id = "fed", Data = "any" });
        await store.PutAsync(ArtifactNames.Stop("fed"), new byte[] { 1 }, Cancel);

        await Assert.ThrowsAsync<WorkNotNeededException>(() => Activity("one", new NoData(new InvalidOperationException("was read"))).RunAsync(input, Cancel));
    }

    [Fact]
    public async Task A_federation_that_is_purged_while_its_data_is_read_keeps_nothing_of_it()
    {
        var input = await PutSpecAsync(new FederationSpec { Id = "fed", Data = "any", Clients = 2, Network = "mlp" });
        var library = new OtherData { Reading = () => store.PutAsync(ArtifactNames.Purged("fed"), ReadOnlyMemory<byte>.Empty, Cancel) };

        await Assert.ThrowsAsync<WorkNotNeededException>(() => Activity("one", library).RunAsync(input, Cancel));

        Assert.Null(await store.FindAsync(ArtifactNames.FederationDataset("fed"), Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task Data_is_read_no_further_when_its_federation_is_to_stop_though_that_can_not_be_told_anything()
    {
        var input = await PutSpecAsync(new FederationSpec { Id = "fed", Data = "any", Clients = 2 });
        var library = new EndlessData { Reading = () => store.PutAsync(ArtifactNames.Stop("fed"), new byte[] { 1 }, Cancel) };
        var nobody = DispatchProxy.Create<IOrchestrationClient, Nobody>();

        await Assert.ThrowsAsync<WorkNotNeededException>(() => Activity("one", library, nobody).RunAsync(input, TestContext.Current.CancellationToken));
    }

    public void Dispose()
    {
        noNetwork.Dispose();
        Directory.Delete(root, recursive: true);
    }

    private DatasetLibrary Machine(string name) => new(Path.Combine(root, name), noNetwork, TimeProvider.System);

    private PrepareDataset Activity(string machine, IDatasetLibrary? library = null, IOrchestrationClient? client = null) =>
        new(store, library ?? Machine(machine), new PartitionedDataset(store, new Partitioners()), new NetworkRegistry(), new AnyEngine(), new AttackRegistry(), new SpecPackages([]), TimeProvider.System, client);

    private async Task<FederationInput> PutSpecAsync(string? data, string sourceSha256, string source = "synthetic")
    {
        var spec = new FederationSpec { Id = "fed", Data = data, Clients = 2 };
        var digest = DatasetRecipe.Of(spec, sourceSha256).Digest();
        var resolved = new ResolvedSpec(
            ResolvedSpec.CurrentVersion, "fed", "none", new DatasetReference(source, sourceSha256, digest), Initial: null, spec);
        return new FederationInput(await store.PutJsonAsync(ArtifactNames.Spec("fed"), resolved, Cancel));
    }

    private async Task<FederationInput> PutSpecAsync(FederationSpec spec)
    {
        var resolved = new ResolvedSpec(ResolvedSpec.CurrentVersion, "fed", "none", Dataset: null, Initial: null, spec);
        return new FederationInput(await store.PutJsonAsync(ArtifactNames.Spec("fed"), resolved, Cancel));
    }

    private sealed class NoData(Exception exception) : IDatasetLibrary
    {
        public Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
            throw exception;

        public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => throw exception;
    }

    /// <summary>Images that are read for ever, with news to tell.</summary>
    private sealed class EndlessData : IDatasetLibrary
    {
        public required Func<Task> Reading { get; init; }

        public async Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
        {
            progress!.Report(new DatasetProgress(DatasetStage.Downloading, 1, 2));
            await Reading();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("was not called off");
        }

        public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>An engine that doesn't answer.</summary>
    public class Nobody : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => throw new IOException("no answer");
    }

    /// <summary>Images that few networks take.</summary>
    private sealed class OtherData : IDatasetLibrary
    {
        /// <summary>What happens meanwhile.</summary>
        public Func<Task> Reading { get; init; } = () => Task.CompletedTask;

        public async Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
        {
            await Reading();
            return new ResolvedDataset("images", "other", "other", new ImageShape(1, 2, 2), 3, 100, 10);
        }

        public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>A machine without network, which has synthetic images where a spec leaves the data to it.</summary>
    private sealed class OwnData : IDatasetLibrary
    {
        public Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
            request.Data is null
                ? Task.FromResult(new ResolvedDataset("synthetic", "other", "other", new ImageShape(3, 32, 32), 10, 100, 10))
                : throw new DatasetException("no network", new IOException());

        public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => throw new DatasetException("is not here");
    }

    private sealed class NoNetwork : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException("no network");
    }
}
