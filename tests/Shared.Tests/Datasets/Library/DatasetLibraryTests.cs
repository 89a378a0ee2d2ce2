using System.Collections.Concurrent;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Datasets.Library;

public sealed class DatasetLibraryTests : IDisposable
{
    private const string Synthetic = "synthetic:train=40,test=20,seed=7";

    private readonly TemporaryFolder folder = new();
    private readonly ScriptedServer server = new();
    private readonly HttpClient http;
    private readonly byte[] archive;
    private readonly DatasetLibrary library;

    public DatasetLibraryTests()
    {
        http = new HttpClient(server) { Timeout = Timeout.InfiniteTimeSpan };
        archive = File.ReadAllBytes(Cifar10Files.Create().WriteTarGz(folder["official.tar.gz"]));
        library = CreateLibrary();
    }

    private string Cache => folder["cache"];

    private string Archive => folder["official.tar.gz"];

    public void Dispose()
    {
        http.Dispose();
        server.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task What_was_resolved_can_be_opened_by_another_process()
    {
        var resolved = await ResolveAsync(Synthetic);

        var dataset = await CreateLibrary().OpenAsync(resolved.Sha256, TestContext.Current.CancellationToken);

        Assert.Equal(("synthetic", new ImageShape(3, 32, 32), 10), (resolved.Source, resolved.Shape, resolved.Classes));
        Assert.Equal((40, 20), (resolved.TrainExamples, resolved.TestExamples));
        Assert.Equal(resolved.Sha256, dataset.Sha256);
        Assert.Equal(resolved.Sha256, new ImageDataset(dataset.Classes, dataset.Train, dataset.Test).Sha256);
        Assert.Equal((40, 20), (dataset.Train.Count, dataset.Test.Count));
    }

    [Fact]
    public async Task What_was_decoded_just_now_is_opened_without_being_read_again_and_handed_over_once()
    {
        var resolved = await ResolveAsync(Archive);
        var file = DecodedFile(resolved.Sha256);
        File.Move(file, $"{file}.away");

        var dataset = await library.OpenAsync(resolved.Sha256, TestContext.Current.CancellationToken);
        await library.OpenAsync(resolved.Sha256, TestContext.Current.CancellationToken);

        Assert.Equal(resolved.Sha256, dataset.Sha256);
        Assert.True(File.Exists(file)); // made again for the second
    }

    [Fact]
    public async Task What_was_looked_at_is_opened_without_being_read_again()
    {
        var resolved = await ResolveAsync(Synthetic);
        var shared = new SharedDatasetLibrary(library);

        var looked = await shared.PeekAsync(resolved.Sha256, TestContext.Current.CancellationToken);
        var again = await shared.PeekAsync(resolved.Sha256, TestContext.Current.CancellationToken);
        var opened = await shared.OpenAsync(resolved.Sha256, TestContext.Current.CancellationToken);

        Assert.Same(looked, again);
        Assert.Same(looked, opened);
    }

    [Fact]
    public async Task A_second_resolution_decodes_nothing()
    {
        var stages = new Stages();
        await ResolveAsync(Synthetic, stages);
        var before = stages.Count;

        var again = await CreateLibrary().ResolveAsync(new DatasetRequest(Synthetic), stages, TestContext.Current.CancellationToken);

        Assert.True(before > 0);
        Assert.Equal(DatasetStage.Caching, stages.Last);
        Assert.Equal(before, stages.Count);
        Assert.Equal("synthetic", again.Source);
    }

    [Fact]
    public async Task Of_images_that_are_made_sooner_than_read_only_what_they_are_is_kept()
    {
        var resolved = await ResolveAsync(Synthetic);
        var resized = await library.ResolveAsync(new DatasetRequest(Synthetic, Resize: "8x8"), null, TestContext.Current.CancellationToken);

        var dataset = await CreateLibrary().OpenAsync(resolved.Sha256, TestContext.Current.CancellationToken);

        Assert.Equal(resolved.Sha256, dataset.Sha256);
        Assert.Equal([DecodedFile(resized.Sha256)], Directory.GetFiles(folder["cache", "decoded"]));
        Assert.Equal(2, Directory.GetFiles(folder["cache", "sources"]).Length);
    }

    [Fact]
    public async Task A_bare_path_is_recognised()
    {
        var batches = Cifar10Files.Create().Under("cifar-10-batches-bin");
        string[] cifar10 = [batches.WriteFolder(folder["batches"]), batches.WriteTarGz(folder["batches.tgz"]), folder["official.tar.gz"]];
        var pictures = ImageFiles.Create();
        string[] images =
        [
            pictures.WriteFolder(folder["images"]), pictures.WriteZip(folder["images.zip"]), pictures.WriteTarGz(folder["images.tgz"]),
        ];

        var shas = new HashSet<string>();
        foreach (var (kind, paths) in new[] { ("cifar10", cifar10), ("images", images) })
        {
            foreach (var path in paths)
            {
                var resolved = await ResolveAsync(path);
                Assert.Equal(kind, resolved.Source);
                Assert.Contains(path, resolved.Description, StringComparison.Ordinal);
                shas.Add(resolved.Sha256);
            }
        }

        Assert.Equal(2, shas.Count);
    }

    [Fact]
    public async Task A_path_where_nothing_is_is_named_with_the_forms_that_there_are()
    {
        var exception = await Assert.ThrowsAsync<DatasetException>(() => ResolveAsync("imgaes:pictures.zip"));

        Assert.Contains("'imgaes:pictures.zip': no such file or folder", exception.Message, StringComparison.Ordinal);
        Assert.Contains("images:PATH", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("images:{0}/nowhere.zip", "nowhere.zip: no such file or folder")]
    [InlineData("cifar10:{0}/nowhere", "nowhere: no such file or folder")]
    [InlineData("{0}/official.rar", "of no kind that is known; expected a folder, a .zip, a .tar.gz or a .tar")]
    public async Task A_path_that_is_no_data_is_named(string argument, string words)
    {
        folder.Write("official.rar", [1, 2, 3]);

        var exception = await Assert.ThrowsAsync<DatasetException>(
            () => ResolveAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, argument, folder.Path)));

        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_argument_CIFAR_10_is_downloaded_once()
    {
        server.Gives(archive);

        var downloaded = await ResolveAsync(null);
        var cached = await CreateLibrary().ResolveAsync(new DatasetRequest(null), null, TestContext.Current.CancellationToken);
        var asked = await ResolveAsync("cifar10");

        Assert.Equal("cifar10", downloaded.Source);
        Assert.Equal(downloaded, cached);
        Assert.Equal(downloaded, asked);
        Assert.Equal(downloaded.Sha256, (await ResolveAsync(folder["official.tar.gz"])).Sha256);
        Assert.Single(server.Offsets);
    }

    [Fact]
    public async Task Without_an_argument_and_offline_synthetic_images_are_taken_and_it_is_said_why()
    {
        server.IsUnreachable();

        var resolved = await ResolveAsync(null);

        Assert.Equal(("synthetic", 30, 10), (resolved.Source, resolved.TrainExamples, resolved.TestExamples));
        Assert.Contains("because CIFAR-10 could not be downloaded", resolved.Description, StringComparison.Ordinal);
        Assert.Contains("Name or service not known", resolved.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CIFAR_10_that_was_asked_for_is_not_replaced()
    {
        server.IsUnreachable();

        await Assert.ThrowsAsync<DownloadException>(() => ResolveAsync("cifar10"));
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("changed")]
    [InlineData("deleted")]
    public async Task A_damaged_entry_is_made_again(string damage)
    {
        var resolved = await ResolveAsync(Archive);
        Damage(resolved.Sha256, damage);

        var dataset = await CreateLibrary().OpenAsync(resolved.Sha256, TestContext.Current.CancellationToken);
        var again = await ResolveAsync(Archive);

        Assert.Equal(resolved.Sha256, dataset.Sha256);
        Assert.Equal(resolved, again);
        Assert.Equal(resolved.Sha256, Sha256Of(DecodedFile(resolved.Sha256)));
    }

    [Fact]
    public async Task A_damaged_entry_whose_source_has_changed_is_told()
    {
        var path = ImageFiles.Create().WriteZip(folder["images.zip"]);
        var resolved = await ResolveAsync(path);
        Damage(resolved.Sha256, "changed");
        File.Delete(path);
        ImageFiles.Create(train: 1).WriteZip(path);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => CreateLibrary().OpenAsync(resolved.Sha256, TestContext.Current.CancellationToken));

        Assert.Contains(resolved.Sha256, exception.Message, StringComparison.Ordinal);
        Assert.Contains($"{path}: gives other data now", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_this_machine_never_saw_is_told()
    {
        var sha256 = new string('a', 64);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => library.OpenAsync(sha256, TestContext.Current.CancellationToken));

        Assert.Contains(sha256, exception.Message, StringComparison.Ordinal);
        Assert.Contains("where it came from is not known here", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_note_of_a_source_is_written_anew()
    {
        var resolved = await ResolveAsync(Synthetic);
        foreach (var note in Directory.EnumerateFiles(folder["cache", "sources"]))
            await File.WriteAllTextAsync(note, "{", TestContext.Current.CancellationToken);

        Assert.Equal(resolved, await ResolveAsync(Synthetic));
    }

    [Fact]
    public async Task Many_at_once_get_the_same_and_leave_nothing_else()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CreateLibrary().ResolveAsync(new DatasetRequest(Archive), null, TestContext.Current.CancellationToken)));

        var resolved = Assert.Single(all.Distinct());
        Assert.Equal([DecodedFile(resolved.Sha256)], Directory.GetFiles(folder["cache", "decoded"]));
        Assert.Single(Directory.GetFiles(folder["cache", "sources"]));
    }

    [Fact]
    public async Task What_a_killed_process_left_is_taken_away()
    {
        var left = folder.Write("cache/decoded/left.bin.0.tmp", [1]);
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddDays(-2));
        var young = folder.Write("cache/decoded/young.bin.0.tmp", [1]);

        await ResolveAsync(Archive);

        Assert.False(File.Exists(left));
        Assert.True(File.Exists(young));
    }

    [Fact]
    public async Task A_cache_that_can_not_be_written_is_named()
    {
        folder.Write("cache", []);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => ResolveAsync(Synthetic));

        Assert.Contains(Cache, exception.Message, StringComparison.Ordinal);
        Assert.Contains(CacheFolder.Variable, exception.Message, StringComparison.Ordinal);
    }

    private DatasetLibrary CreateLibrary() => new(
        Cache, http, TimeProvider.System,
        new RemoteFile(new Uri("https://data.example/cifar-10-binary.tar.gz"), archive.Length, DownloaderTests.Md5(archive)),
        new SyntheticParameters(Train: 30, Test: 10));

    [Fact]
    public async Task A_form_is_part_of_what_is_kept_and_of_what_is_made_again()
    {
        var path = ImageFiles.Create().WriteFolder(folder["images"]);
        var asIs = await library.ResolveAsync(new DatasetRequest(path), null, TestContext.Current.CancellationToken);
        var resized = await library.ResolveAsync(new DatasetRequest(path, Resize: "6x5"), null, TestContext.Current.CancellationToken);
        File.Delete(Directory.GetFiles(folder["cache/decoded"], $"{resized.Sha256}*").Single());

        var again = await CreateLibrary().OpenAsync(resized.Sha256, TestContext.Current.CancellationToken);

        Assert.NotEqual(asIs.Sha256, resized.Sha256);
        Assert.Equal(new ImageShape(3, 5, 6), again.Shape);
        Assert.Contains("resized to 6×5", resized.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("synthetic:train=10,test=10", "10x10", 0.5, "testFraction")]
    [InlineData("synthetic:train=10,test=10", "10x", null, "resize: '10x'; expected WxH")]
    [InlineData("synthetic:train=10,test=10", "0x5", null, "resize: '0x5'; expected WxH")]
    [InlineData("synthetic:train=10,test=10", "4097x5", null, "resize: '4097x5'; expected WxH")]
    [InlineData("synthetic:train=10,test=10", "5x5x5", null, "resize: '5x5x5'; expected WxH")]
    public async Task A_form_that_can_not_be_had_is_refused(string data, string resize, double? testFraction, string why)
    {
        var exception = await Assert.ThrowsAsync<DatasetException>(
            () => library.ResolveAsync(new DatasetRequest(data, resize, testFraction), null, TestContext.Current.CancellationToken));

        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
    }

    private Task<ResolvedDataset> ResolveAsync(string? data, IProgress<DatasetProgress>? progress = null) =>
        library.ResolveAsync(new DatasetRequest(data), progress, TestContext.Current.CancellationToken);

    private string DecodedFile(string sha256) => folder["cache", "decoded", $"{sha256}.bin"];

    private static string Sha256Of(string path) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));

    private void Damage(string sha256, string damage)
    {
        var path = DecodedFile(sha256);
        var content = File.ReadAllBytes(path);
        File.Delete(path);
        if (damage == "truncated")
            File.WriteAllBytes(path, content[..1000]);
        content[^1] ^= 1;
        if (damage == "changed")
            File.WriteAllBytes(path, content);
    }

    private sealed class Stages : IProgress<DatasetProgress>
    {
        private readonly ConcurrentQueue<DatasetStage> told = new();

        public int Count => told.Count;

        public DatasetStage Last => told.Last();

        public void Report(DatasetProgress value) => told.Enqueue(value.Stage);
    }
}
