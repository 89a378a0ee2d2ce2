using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Datasets.Sources.Cifar;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class CifarSourceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_folder_its_parent_and_an_archive_give_the_same_data()
    {
        var files = Cifar10Files.Create().Under("cifar-10-batches-bin");
        files.WriteFolder(folder.Path);

        var fromFolder = await LoadAsync(folder["cifar-10-batches-bin"]);
        var fromParent = await LoadAsync(folder.Path);
        var fromArchive = await LoadAsync(files.Reversed().WriteTarGz(folder["cifar.tar.gz"]));

        Assert.Equal(fromFolder.Sha256, fromParent.Sha256);
        Assert.Equal(fromFolder.Sha256, fromArchive.Sha256);
    }

    [Fact]
    public async Task Records_are_in_the_order_of_the_batches()
    {
        var dataset = await LoadAsync(Cifar10Files.Create().WriteFolder(folder.Path));

        Assert.Equal(new ImageShape(3, 32, 32), dataset.Shape);
        Assert.Equal(Enumerable.Range(1, 5).SelectMany(Cifar10Files.Batch), dataset.Train.Records.ToArray());
        Assert.Equal(Cifar10Files.Batch(6), dataset.Test.Records.ToArray());
        Assert.Equal("airplane", dataset.Classes[0]);
        Assert.Equal("truck", dataset.Classes[9]);
    }

    [Fact]
    public async Task Names_come_from_the_file_that_has_them()
    {
        var names = string.Join('\n', Enumerable.Range(0, 10).Select(number => $"kind{number}")) + "\n\n";

        var dataset = await LoadAsync(Cifar10Files.Create().With("batches.meta.txt", System.Text.Encoding.UTF8.GetBytes(names)).WriteFolder(folder.Path));

        Assert.Equal("kind3", dataset.Classes[3]);
    }

    [Fact]
    public async Task Nine_names_are_refused()
    {
        var names = string.Join('\n', Enumerable.Range(0, 9));

        await AssertRefusedAsync(Cifar10Files.Create().With("batches.meta.txt", System.Text.Encoding.UTF8.GetBytes(names)), "batches.meta.txt", "9 names");
    }

    [Fact]
    public async Task A_truncated_file_is_refused_with_its_name() =>
        await AssertRefusedAsync(Cifar10Files.Create().With("data_batch_3.bin", Cifar10Files.Batch(3)[..5000]), "data_batch_3.bin", "5,000 bytes; expected a multiple of 3,073");

    [Fact]
    public async Task A_missing_file_is_named() =>
        await AssertRefusedAsync(Cifar10Files.Create().Without(name => name == "test_batch.bin"), "test_batch missing");

    [Fact]
    public async Task A_label_of_ten_or_more_is_refused_with_its_place()
    {
        var batch = Cifar10Files.Batch(2);
        batch[2 * Cifar10Files.RecordLength] = 10;

        await AssertRefusedAsync(Cifar10Files.Create().With("data_batch_2.bin", batch), "data_batch_2.bin", "record 2", "label 10, expected 0 to 9");
    }

    [Fact]
    public async Task An_archive_that_is_cut_off_is_refused()
    {
        var archive = await File.ReadAllBytesAsync(Cifar10Files.Create().WriteTarGz(folder["whole.tar.gz"]), TestContext.Current.CancellationToken);
        var path = folder.Write("cut.tar.gz", archive[..(archive.Length / 2)]);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path));

        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains("truncated", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anything_that_is_no_archive_is_refused()
    {
        var path = folder.Write("odd.tar.gz", [.. Enumerable.Range(0, 2000).Select(value => (byte)(value * 7))]);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path));

        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_fingerprint_follows_the_content()
    {
        var files = Cifar10Files.Create();
        files.WriteFolder(folder.Path);
        var source = new CifarSource(CifarForm.Ten, folder.Path, SourceForm.AsIs);
        var before = await source.FingerprintAsync(TestContext.Current.CancellationToken);

        files.With("data_batch_1.bin", Cifar10Files.Batch(7)).WriteFolder(folder.Path);

        Assert.NotEqual(before, await source.FingerprintAsync(TestContext.Current.CancellationToken));
    }

    private static Task<ImageDataset> LoadAsync(string path) =>
        new CifarSource(CifarForm.Ten, path, SourceForm.AsIs).LoadAsync(null, TestContext.Current.CancellationToken);

    private async Task AssertRefusedAsync(Files files, params string[] words)
    {
        files.WriteFolder(folder.Path);
        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(folder.Path));
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
    }
}
