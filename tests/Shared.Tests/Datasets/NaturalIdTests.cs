using System.Text;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;
using Parquet;
using Parquet.Schema;

namespace FlDurable.Shared.Tests.Datasets;

/// <summary>Clients that the data itself tells apart.</summary>
public sealed class NaturalIdTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_column_of_a_table_tells_the_clients_apart_and_is_not_learnt_from()
    {
        var dataset = await OpenAsync(new DatasetRequest(Table()) { By = "hospital" });

        var parts = Parts(dataset, 3);

        Assert.Equal(["A", "B", "C"], dataset.NaturalIds!.Names);
        Assert.Equal(["a"], dataset.Columns!.Select(column => column.Name));
        Assert.Equal([[0, 3], [1, 4], [2, 5]], parts.Select(part => part.Order().ToArray()));
    }

    [Fact]
    public async Task Rows_that_are_drawn_to_test_on_belong_to_no_client()
    {
        var rows = string.Concat(Enumerable.Range(0, 40).Select(row => $"{row},{row % 2},{(row < 20 ? "x" : "y")}\n"));
        var dataset = await OpenAsync(new DatasetRequest(Write("t.csv", $"a,label,who\n{rows}"), TestFraction: 0.25) { By = "who" });

        var numbers = new float[1];
        var parts = Parts(dataset, 2);

        Assert.Equal(30, parts.Sum(part => part.Length));
        var highest = parts[0].Max(NumberOf);
        Assert.All(parts[1], row => Assert.True(NumberOf(row) > highest));

        float NumberOf(int row)
        {
            dataset.Train.CopyNumbers(row, numbers);
            return numbers[0];
        }
    }

    [Fact]
    public async Task A_column_of_a_Parquet_file_of_images_tells_the_clients_apart()
    {
        var (image, label, writer) = (new DataField<byte[]>("image"), new DataField<long>("label"), new DataField<long>("writer_id"));
        await using (var stream = File.Create(folder["t.parquet"]))
        await using (var file = await ParquetWriter.CreateAsync(new ParquetSchema(image, label, writer), stream, cancellationToken: TestContext.Current.CancellationToken))
        {
            using var group = file.CreateRowGroup();
            var pictures = Enumerable.Range(0, 8).Select(row => (ReadOnlyMemory<byte>)ImageFiles.Png(4, 4, (byte)(40 * (row / 4)), 200, 7)).ToArray();
            await group.WriteAllPartsAsync<ReadOnlyMemory<byte>>(image, pictures, pictures.Select(_ => image.MaxDefinitionLevel).ToArray(), null, TestContext.Current.CancellationToken);
            await group.WriteAsync<long>(label, new long[] { 0, 1, 0, 1, 0, 1, 0, 1 }, cancellationToken: TestContext.Current.CancellationToken);
            await group.WriteAsync<long>(writer, new long[] { 7, 7, 7, 7, 12, 12, 12, 12 }, cancellationToken: TestContext.Current.CancellationToken);
        }

        var dataset = await OpenAsync(new DatasetRequest(folder["t.parquet"], TestFraction: 0.25) { By = "writer_id" });
        var parts = Parts(dataset, 2);

        Assert.Equal(["12", "7"], dataset.NaturalIds!.Names);
        Assert.Equal([40, 0], parts.Select(part => (int)part.Select(index => dataset.Train.Pixels(index)[0]).Distinct().Single()));
        Assert.Contains("there is no column 'who'", await RefusedAsync(new DatasetRequest(folder["t.parquet"], TestFraction: 0.25) { By = "who" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_above_each_class_is_a_client()
    {
        var files = new Files
        {
            ("d/train/site-b/ape/0.png", ImageFiles.Png(4, 4, 1, 2, 3)),
            ("d/train/site-b/bee/0.png", ImageFiles.Png(4, 4, 2, 2, 3)),
            ("d/train/site-a/ape/0.png", ImageFiles.Png(4, 4, 3, 2, 3)),
            ("d/test/ape/0.png", ImageFiles.Png(4, 4, 4, 2, 3)),
            ("d/test/site-a/bee/0.png", ImageFiles.Png(4, 4, 5, 2, 3)),
        };

        var dataset = await OpenAsync(new DatasetRequest(files.WriteFolder(folder["a"])) { By = "folder" });

        Assert.Equal(["ape", "bee"], dataset.Classes);
        Assert.Equal(["site-a", "site-b"], dataset.NaturalIds!.Names);
        Assert.Equal([[3], [1, 2]], Parts(dataset, 2).Select(part => part.Select(index => (int)dataset.Train.Pixels(index)[0]).Order().ToArray()));
        Assert.Equal(2, dataset.Test.Count);
    }

    [Fact]
    public async Task Folders_of_clients_are_divided_by_a_share_too()
    {
        var files = new Files();
        foreach (var client in new[] { "a", "b" })
        {
            for (var image = 0; image < 8; image++)
                files.Add(($"{client}/{(image % 2 == 0 ? "ape" : "bee")}/{image}.png", ImageFiles.Png(4, 4, (byte)(client[0] + image), 2, 3)));
        }

        var path = files.WriteFolder(folder["a"]);
        var dataset = await OpenAsync(new DatasetRequest(path, TestFraction: 0.25) { By = "folder" });

        Assert.Equal((12, 4), (dataset.Train.Count, dataset.Test.Count));
        Assert.Equal(12, Parts(dataset, 2).Sum(part => part.Length));
        Assert.Contains("expected train/<client>/<class>/<image>", await RefusedAsync(new DatasetRequest(path) { By = "folder" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_read_is_kept_with_its_clients_and_is_other_data_than_without()
    {
        using var http = new HttpClient();
        var library = new DatasetLibrary(folder["cache"], http, TimeProvider.System);
        var with = await library.ResolveAsync(new DatasetRequest(Table()) { By = "hospital" }, null, TestContext.Current.CancellationToken);
        var without = await library.ResolveAsync(new DatasetRequest(Table()) { Columns = "a" }, null, TestContext.Current.CancellationToken);

        var opened = await library.OpenAsync(with.Sha256, TestContext.Current.CancellationToken);

        Assert.NotEqual(with.Sha256, without.Sha256);
        Assert.Equal([0, 1, 2, 0, 1, 2], opened.NaturalIds!.Clients.ToArray());
        Assert.Null((await library.OpenAsync(without.Sha256, TestContext.Current.CancellationToken)).NaturalIds);
    }

    [Fact]
    public async Task What_tells_no_clients_apart_is_refused_and_so_is_another_number_of_clients()
    {
        var dataset = await OpenAsync(new DatasetRequest(Table()) { By = "hospital" });

        var number = Assert.Throws<DatasetException>(() => Parts(dataset, 10));

        Assert.Equal("clients: 10, but by 'hospital' there are 3 (A, B, C); expected clients 3", number.Message);
        Assert.Contains("there is no column 'folder'. It has 'a', 'label', 'hospital'", await RefusedAsync(new DatasetRequest(Table()) { By = "folder" }), StringComparison.Ordinal);
        Assert.Contains("'label' has the labels", await RefusedAsync(new DatasetRequest(Table()) { By = "label" }), StringComparison.Ordinal);
        Assert.Contains("does not tell its clients apart", await RefusedAsync(new DatasetRequest("synthetic:train=20,test=20") { By = "folder" }), StringComparison.Ordinal);
        Assert.Contains("image files have no column 'who'", await RefusedAsync(new DatasetRequest(ImageFiles.Create().WriteFolder(folder["images"])) { By = "who" }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_spec_says_by_what_clients_are_told_apart()
    {
        var spec = new SpecReader(Registered.Table()).Read("""{"data": "table:t.csv", "partitioner": {"name": "naturalid", "by": "hospital"}}"""u8.ToArray()).Spec;

        Assert.Equal("hospital", DatasetRequest.Of(spec).By);
        Assert.Null(DatasetRequest.Of(new FederationSpec()).By);
    }

    private static IReadOnlyList<int[]> Parts(ImageDataset dataset, int clients) =>
        new NaturalIdPartitioner("hospital").Partition(TrainingImages.Of(dataset, clients, seed: 1));

    private string Table()
    {
        const string rows = "a,label,hospital\n1,0,A\n2,1,B\n3,0,C\n4,1,A\n5,0,B\n6,1,C\n";
        return new Files { ("train.csv", Encoding.UTF8.GetBytes(rows)), ("test.csv", "a,label\n1,0\n"u8.ToArray()) }.WriteFolder(folder["table"]);
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(folder[name], text);
        return folder[name];
    }

    private async Task<ImageDataset> OpenAsync(DatasetRequest request)
    {
        using var http = new HttpClient();
        var library = new DatasetLibrary(folder["cache"], http, TimeProvider.System);
        var found = await library.ResolveAsync(request, null, TestContext.Current.CancellationToken);
        return await library.OpenAsync(found.Sha256, TestContext.Current.CancellationToken);
    }

    private async Task<string> RefusedAsync(DatasetRequest request) => (await Assert.ThrowsAsync<DatasetException>(() => OpenAsync(request))).Message;
}
