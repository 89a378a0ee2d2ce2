using System.Text.Json;
using CsCheck;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Datasets.Partitioning;

public sealed class PartitionedDatasetTests
{
    private readonly InMemoryArtifactStore store = new();
    private readonly PartitionedDataset partitioned;

    public PartitionedDatasetTests() => partitioned = new PartitionedDataset(store, new Partitioners());

    [Fact]
    public async Task Every_client_finds_its_images_and_no_image_is_lost()
    {
        var dataset = await CreateDatasetAsync(train: 103);
        var recipe = RecipeFor(dataset, clients: 10);

        var manifest = await ReadManifestAsync(await PrepareAsync(dataset, recipe));

        Assert.Equal(Enumerable.Range(0, 10).Select(index => $"client-{index}"), manifest.Clients.Select(client => client.Client));
        Assert.Equal(Enumerable.Range(0, 10), manifest.Clients.Select(client => client.Index));
        var records = new List<byte[]>();
        foreach (var client in manifest.Clients)
        {
            var (train, validation) = await ReadClientAsync(manifest, client);
            Assert.Equal((client.TrainExamples, client.ValidationExamples), (train.Count, validation.Count));
            Assert.Equal(1, validation.Count);
            records.AddRange(RecordsOf(train));
            records.AddRange(RecordsOf(validation));
        }

        Assert.Equal(RecordsOf(dataset.Train).Select(Convert.ToHexString).Order(), records.Select(Convert.ToHexString).Order());
    }

    [Fact]
    public async Task What_was_divided_just_now_is_not_read_again()
    {
        using var recent = new RecentData(store, TimeProvider.System);
        var dataset = await CreateDatasetAsync(train: 103);
        var cancel = TestContext.Current.CancellationToken;
        var keeping = new PartitionedDataset(store, new Partitioners(), recent);
        var manifest = await ReadManifestAsync(await keeping.PrepareAsync(dataset, "synthetic", RecipeFor(dataset, clients: 10), cancel));
        ArtifactReference[] all = [manifest.Test, .. manifest.Clients.Select(client => client.Data)];
        var written = new List<byte[]>();
        foreach (var data in all)
        {
            written.Add(await store.ReadAsync(data, cancel));
            await store.DeleteAsync(data.Name, cancel);
        }

        foreach (var (data, content) in all.Zip(written))
            Assert.Equal(content, (await recent.ReadAsync(data, dataset.Shape, dataset.Classes.Count, cancel)).Records.ToArray());
        Assert.Equal(dataset.Test.Records.ToArray(), (await keeping.ReadTestAsync(manifest, cancel)).Records.ToArray());
        Assert.Equal(manifest.Clients[3].TrainExamples, (await keeping.ReadClientAsync(manifest.Clients[3], manifest.Shape, manifest.Classes.Count, cancel)).Train.Count);
    }

    [Theory]
    [InlineData(50, true)]
    [InlineData(49, false)]
    public async Task Clients_that_have_little_of_the_data_set_do_not_keep_all_of_it_in_memory(int images, bool areKept)
    {
        using var recent = new RecentData(store, TimeProvider.System);
        var dataset = await CreateDatasetAsync(train: 100);
        var cancel = TestContext.Current.CancellationToken;
        var recipe = RecipeFor(dataset, clients: 1) with
        {
            Partitioner = JsonSerializer.Deserialize<SpecChoice>($$"""{"name":"size","partitionSizes":[{{images}}]}""")!,
        };
        var manifest = await ReadManifestAsync(await new PartitionedDataset(store, new Partitioners(), recent).PrepareAsync(dataset, "synthetic", recipe, cancel));

        await store.DeleteAsync(manifest.Clients[0].Data.Name, cancel);

        var read = () => recent.ReadAsync(manifest.Clients[0].Data, dataset.Shape, dataset.Classes.Count, cancel);
        if (areKept)
            Assert.Equal(images, (await read()).Count);
        else
            await Assert.ThrowsAsync<ArtifactMissingException>(read);
    }

    [Fact]
    public async Task Many_clients_are_named_in_parts_of_the_manifest()
    {
        var cancel = TestContext.Current.CancellationToken;
        var count = ManifestClients.MostTogether + 2;
        var dataset = CreateTinyDataset(count + 1);
        var manifest = await ReadManifestAsync(await PrepareAsync(dataset, RecipeFor(dataset, count)));

        var read = await store.ReadClientsAsync(manifest, cancel).ToListAsync(cancel);
        var all = await store.ReadAllClientsAsync(manifest, cancel);

        Assert.Empty(manifest.Clients);
        Assert.Equal((count, count), (manifest.ClientCount, all.Count));
        Assert.Equal([(0, ManifestClients.MostTogether), (ManifestClients.MostTogether, 2)], manifest.ClientParts!.Select(part => (part.First, part.Count)));
        Assert.Equal(Enumerable.Range(0, count), read.Select(client => client.Index));
        Assert.Equal(read, all);
        Assert.Equal(read[^1], all[^1]);
        Assert.Equal([2, 1], new[] { read[0], read[^1] }.Select(client => client.TrainExamples + client.ValidationExamples));
        Assert.Throws<ArgumentOutOfRangeException>(() => all[count]);
        Assert.Throws<ArgumentOutOfRangeException>(() => all[-1]);
        Assert.Equal(dataset.Train.Count, await SumAsync(read.TakeLast(3).Append(read[0]), manifest) + count - 4);
    }

    [Fact]
    public async Task A_part_of_a_manifest_is_what_the_manifest_says_or_is_refused()
    {
        var cancel = TestContext.Current.CancellationToken;
        var dataset = CreateTinyDataset(ManifestClients.MostTogether + 1);
        var manifest = await ReadManifestAsync(await PrepareAsync(dataset, RecipeFor(dataset, dataset.Train.Count)));
        var last = manifest.ClientParts![^1];
        var other = await store.PutJsonAsync("datasets/other/manifest/000000.json", new ManifestClientList([]), cancel);

        var failure = await Assert.ThrowsAsync<ArtifactCorruptException>(
            () => store.ReadAllClientsAsync(manifest with { ClientParts = [manifest.ClientParts[0], last with { Content = other }] }, cancel));
        await Assert.ThrowsAsync<ArtifactCorruptException>(() => store.ReadAllClientsAsync(manifest with { ClientParts = [last] }, cancel));
        await store.DeleteAsync(last.Content.Name, cancel);
        var lost = await Assert.ThrowsAsync<ArtifactCorruptException>(() => store.ReadAllClientsAsync(manifest, cancel));
        var negative = await Assert.ThrowsAsync<ArtifactCorruptException>(() => store.ReadAllClientsAsync(manifest with { ClientParts = [last with { Count = -1 }] }, cancel));

        Assert.Contains("datasets/other/manifest/000000.json: damaged: expected the clients 10000 to 10000, with what the recipe gives them. Delete datasets/other/", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"{last.Content.Name}: damaged: ", lost.Message, StringComparison.Ordinal);
        Assert.Contains("it is said to have -1 clients, expected 1 to 10000", negative.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_whose_data_is_elsewhere_are_what_they_were_also_among_many()
    {
        var cancel = TestContext.Current.CancellationToken;
        var sha256 = new string('a', 64);
        List<ClientPartition> clients =
        [
            new(0, "client-0", new ArtifactReference(ArtifactNames.ClientData("digest", "client-0"), 7, sha256), 3, 0),
            new(1, "client-1", new ArtifactReference("theirs/data.bin", 9, sha256) { Account = "theirs" }, 3, 0),
            new(2, "ward", new ArtifactReference("site/ward", 9, "no digest"), 3, 0, Site: "ward"),
            new(3, "client-3", new ArtifactReference(ArtifactNames.ClientData("digest", "client-3"), 7, sha256.ToUpperInvariant()), 3, 0),
        ];
        var dataset = await CreateDatasetAsync();
        var content = await store.PutJsonAsync("datasets/digest/manifest/000000.json", new ManifestClientList(clients), cancel);
        var manifest = new DatasetManifest(RecipeFor(dataset), "synthetic", dataset.Shape, dataset.Classes, [], content, 0) { ClientParts = [new ManifestPart(0, 4, content)] };

        Assert.Equal(clients, await store.ReadAllClientsAsync(manifest, cancel));
    }

    [Fact]
    public async Task The_test_set_is_whole()
    {
        var dataset = await CreateDatasetAsync();
        var manifest = await ReadManifestAsync(await PrepareAsync(dataset, RecipeFor(dataset)));

        var test = await partitioned.ReadTestAsync(manifest, TestContext.Current.CancellationToken);

        Assert.Equal(dataset.Test.Records.ToArray(), test.Records.ToArray());
    }

    [Fact]
    public async Task The_manifest_says_what_it_was_made_of()
    {
        var dataset = await CreateDatasetAsync();
        var recipe = RecipeFor(dataset);

        var reference = await PrepareAsync(dataset, recipe);
        var manifest = await ReadManifestAsync(reference);

        Assert.Equal(ArtifactNames.DatasetManifest(recipe.Digest()), reference.Name);
        Assert.Equal((recipe, "synthetic", dataset.Shape, dataset.Test.Count), (manifest.Recipe, manifest.Source, manifest.Shape, manifest.TestExamples));
        Assert.Equal(dataset.Classes, manifest.Classes);
    }

    [Fact]
    public async Task The_manifest_names_the_classes_of_which_no_client_has_an_image()
    {
        var dataset = await CreateDatasetAsync();
        var oneClassEach = JsonSerializer.Deserialize<SpecChoice>("""{"name":"pathological","classesPerPartition":1,"classAssignmentMode":"deterministic"}""")!;

        var all = await ReadManifestAsync(await PrepareAsync(dataset, RecipeFor(dataset)));
        var some = await ReadManifestAsync(await PrepareAsync(dataset, RecipeFor(dataset) with { Partitioner = oneClassEach }));

        Assert.Null(all.ClassesOfNobody);
        Assert.Equal(dataset.Classes.Skip(4), some.ClassesOfNobody);
        Assert.Equal(
            $"no client has an image of 6 of 10 classes, which nobody can learn: {string.Join(", ", dataset.Classes.Skip(4))}",
            ClassesOfNobody.Describe(some.ClassesOfNobody!, dataset.Classes.Count));
    }

    [Fact]
    public async Task The_manifest_is_written_last_and_a_second_call_writes_nothing()
    {
        var dataset = await CreateDatasetAsync();
        var recipe = RecipeFor(dataset, clients: 3);

        var first = await PrepareAsync(dataset, recipe);
        var puts = store.Puts;
        var second = await PrepareAsync(dataset, recipe);

        Assert.Equal(first, second);
        Assert.Equal(first, await partitioned.FindAsync(recipe, TestContext.Current.CancellationToken));
        Assert.Equal(5, puts.Count);
        Assert.Equal(first.Name, puts[^1]);
        Assert.Equal(puts, store.Puts);
    }

    [Fact]
    public async Task Two_at_once_and_one_after_a_crash_leave_the_same()
    {
        var dataset = await CreateDatasetAsync();
        var recipe = RecipeFor(dataset);
        var both = await Task.WhenAll(PrepareAsync(dataset, recipe), PrepareAsync(dataset, recipe));
        await store.DeleteAsync(ArtifactNames.DatasetManifest(recipe.Digest()), TestContext.Current.CancellationToken);

        var again = await PrepareAsync(dataset, recipe);

        Assert.All(both, reference => Assert.Equal(again, reference));
    }

    [Fact]
    public async Task Other_content_under_a_clients_name_is_refused()
    {
        var dataset = await CreateDatasetAsync();
        var recipe = RecipeFor(dataset);
        var name = ArtifactNames.ClientData(recipe.Digest(), "client-1");
        await store.PutAsync(name, new byte[] { 1 }, TestContext.Current.CancellationToken);

        var exception = await Assert.ThrowsAsync<ArtifactCorruptException>(() => PrepareAsync(dataset, recipe));

        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        Assert.Null(await partitioned.FindAsync(recipe, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_recipe_for_other_data_is_refused()
    {
        var dataset = await CreateDatasetAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => PrepareAsync(dataset, RecipeFor(dataset) with { SourceSha256 = new string('0', 64) }));
    }

    [Fact]
    public async Task More_clients_than_images_write_nothing()
    {
        var dataset = await CreateDatasetAsync(train: 20);

        await Assert.ThrowsAsync<DatasetException>(() => PrepareAsync(dataset, RecipeFor(dataset, clients: 21)));

        Assert.Empty(store.Puts);
    }

    [Fact]
    public async Task A_clients_data_of_another_length_than_its_partition_says_is_refused()
    {
        var dataset = await CreateDatasetAsync();
        var manifest = await ReadManifestAsync(await PrepareAsync(dataset, RecipeFor(dataset)));
        var client = manifest.Clients[0];

        var exception = await Assert.ThrowsAsync<ArtifactCorruptException>(
            () => ReadClientAsync(manifest, client with { TrainExamples = client.TrainExamples + 1 }));

        Assert.Contains(client.Data.Name, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clients/client-1.bin")]
    [InlineData("test.bin")]
    [InlineData("manifest.json")]
    public async Task What_is_damaged_on_disk_is_named_with_what_to_do(string damaged)
    {
        using var folder = new TemporaryFolder();
        var dataset = await CreateDatasetAsync();
        var recipe = RecipeFor(dataset);
        var reference = await new PartitionedDataset(new FileArtifactStore(folder.Path), new Partitioners())
            .PrepareAsync(dataset, "synthetic", recipe, TestContext.Current.CancellationToken);
        var path = Directory.GetFiles(folder.Path, damaged.Split('/')[^1], SearchOption.AllDirectories).Single();
        var content = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        content[content.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);
        var another = new PartitionedDataset(new FileArtifactStore(folder.Path), new Partitioners());

        var exception = await Assert.ThrowsAsync<ArtifactCorruptException>(async () =>
        {
            var manifest = await another.ReadManifestAsync(reference, TestContext.Current.CancellationToken);
            await another.ReadTestAsync(manifest, TestContext.Current.CancellationToken);
            foreach (var client in manifest.Clients)
                await another.ReadClientAsync(client, manifest.Shape, manifest.Classes.Count, TestContext.Current.CancellationToken);
        });

        Assert.StartsWith($"datasets/{recipe.Digest()}/{damaged}: damaged", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"Delete datasets/{recipe.Digest()}/ in the artifact store", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"clients\":4", "\"clients\":5")]
    [InlineData("\"validationFraction\":0.1", "\"validationFraction\":0.2")]
    [InlineData("\"trainExamples\":14", "\"trainExamples\":24")]
    [InlineData("{", "[")]
    public async Task A_found_manifest_that_is_not_its_recipes_is_refused(string words, string others)
    {
        var dataset = await CreateDatasetAsync();
        var recipe = RecipeFor(dataset);
        var reference = await PrepareAsync(dataset, recipe);
        var text = System.Text.Encoding.UTF8.GetString(await store.ReadAsync(reference, TestContext.Current.CancellationToken));
        Assert.Contains(words, text, StringComparison.Ordinal);
        await store.DeleteAsync(reference.Name, TestContext.Current.CancellationToken);
        await store.PutAsync(
            reference.Name, System.Text.Encoding.UTF8.GetBytes(text.Replace(words, others, StringComparison.Ordinal)), TestContext.Current.CancellationToken);

        var exception = await Assert.ThrowsAsync<ArtifactCorruptException>(() => PrepareAsync(dataset, recipe));

        Assert.StartsWith($"{reference.Name}: damaged", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, 0.1, 10)]
    [InlineData(100, 0.29, 29)]
    [InlineData(5000, 0.1, 500)]
    [InlineData(9, 0.1, 0)]
    [InlineData(1, 0.99, 0)]
    [InlineData(10, 0, 0)]
    [InlineData(10, 0.9999999999999999, 9)]
    [InlineData(10, 1e-300, 0)]
    public void The_share_for_validation_is_rounded_down(int examples, double fraction, int expected) =>
        Assert.Equal(expected, PartitionedDataset.ValidationExamples(examples, fraction));

    [Fact]
    public void At_least_one_image_is_left_to_train_on() =>
        Gen.Select(Gen.Int[1, int.MaxValue], Gen.Double[0, 1]).Where((_, fraction) => fraction < 1)
            .Sample((examples, fraction) => PartitionedDataset.ValidationExamples(examples, fraction) is >= 0 and var share && share < examples);

    private static Task<ImageDataset> CreateDatasetAsync(int train = 60) =>
        new SyntheticSource(new SyntheticParameters(train, Test: 15, Seed: 3), SourceForm.AsIs).LoadAsync(null, TestContext.Current.CancellationToken);

    /// <summary>Images of one pixel.</summary>
    private static ImageDataset CreateTinyDataset(int train)
    {
        return new ImageDataset(["dark", "bright"], Images(train), Images(1));

        static ImageExamples Images(int count) => new(new byte[2 * count], new ImageShape(1, 1, 1), classes: 2);
    }

    private async Task<int> SumAsync(IEnumerable<ClientPartition> clients, DatasetManifest manifest)
    {
        var sum = 0;
        foreach (var client in clients)
        {
            var (train, validation) = await ReadClientAsync(manifest, client);
            sum += train.Count + validation.Count;
        }

        return sum;
    }

    private static DatasetRecipe RecipeFor(ImageDataset dataset, int clients = 4) =>
        DatasetRecipe.Of(new FederationSpec { Clients = clients }, dataset.Sha256);

    private Task<ArtifactReference> PrepareAsync(ImageDataset dataset, DatasetRecipe recipe) =>
        partitioned.PrepareAsync(dataset, "synthetic", recipe, TestContext.Current.CancellationToken);

    private Task<DatasetManifest> ReadManifestAsync(ArtifactReference reference) =>
        partitioned.ReadManifestAsync(reference, TestContext.Current.CancellationToken);

    private Task<ClientExamples> ReadClientAsync(DatasetManifest manifest, ClientPartition client) =>
        partitioned.ReadClientAsync(client, manifest.Shape, manifest.Classes.Count, TestContext.Current.CancellationToken);

    private static IEnumerable<byte[]> RecordsOf(ImageExamples examples) =>
        Enumerable.Range(0, examples.Count).Select(index => examples.Record(index).ToArray());
}
