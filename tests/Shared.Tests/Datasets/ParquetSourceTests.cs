using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Datasets.Sources.Parquet;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;
using Parquet;
using Parquet.Schema;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class ParquetSourceTests : IDisposable
{
    private const string Names = """{"info": {"features": {"image": {"_type": "Image"}, "label": {"names": ["ape", "bee", "cat"], "_type": "ClassLabel"}}}}""";

    private const string Page = """
        ---
        dataset_info:
          features:
          - name: image
            dtype: image
          - name: label
            dtype:
              class_label:
                names:
                  '0': ape
                  '1': bee
                  '2': cat
        ---
        # Animals
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Shards_are_one_data_set_in_the_order_of_their_numbers()
    {
        var files = new Files
        {
            ("data/test-00000-of-00001.parquet", await TableAsync(Names, (9, 2))),
            ("data/train-00001-of-00002.parquet", await TableAsync(Names, (3, 0), (4, 2))),
            ("data/train-00000-of-00002.parquet", await TableAsync(Names, (1, 1), (2, 0))),
        };

        var ofFolder = await LoadAsync(files.WriteFolder(folder["a"]));
        var ofTar = await LoadAsync(files.WriteTarGz(folder["a.tar.gz"]));

        Assert.Equal(["ape", "bee", "cat"], ofFolder.Classes);
        Assert.Equal(new ImageShape(3, 4, 4), ofFolder.Shape);
        Assert.Equal([(1, 1), (2, 0), (3, 0), (4, 2)], Rows(ofFolder.Train));
        Assert.Equal([(9, 2)], Rows(ofFolder.Test));
        Assert.Equal(ofFolder.Sha256, ofTar.Sha256);
    }

    [Fact]
    public async Task A_file_alone_is_divided_by_a_share()
    {
        var path = await WriteAsync("animals.parquet", TableAsync(Names, [.. Enumerable.Range(0, 12).Select(row => (row, (long?)(row % 3)))]));

        var dataset = await LoadAsync(path, new SourceForm(null, 0.25));
        var again = await LoadAsync(path, new SourceForm(null, 0.25));
        var refused = await RefusedAsync(path);

        Assert.Equal((9, 3), (dataset.Train.Count, dataset.Test.Count));
        Assert.Equal([0, 1, 2], Rows(dataset.Test).Select(row => row.Label).Order());
        Assert.Equal(Enumerable.Range(0, 12), Rows(dataset.Train).Concat(Rows(dataset.Test)).Select(row => row.Image).Order());
        Assert.Equal(dataset.Sha256, again.Sha256);
        Assert.Contains("no test images", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Names, null, "ape,bee,cat")]
    [InlineData(null, Page, "ape,bee,cat")]
    [InlineData(null, "---\n- [", "0,1")]
    [InlineData(null, null, "0,1")]
    [InlineData("""{"info": 1}""", null, "0,1")]
    [InlineData("{", null, "0,1")]
    public async Task Classes_have_the_names_of_the_metadata_or_of_the_page_else_their_numbers(string? metadata, string? page, string expected)
    {
        var path = await WriteAsync("animals.parquet", TableAsync(metadata, (1, 0), (2, 0), (3, 1), (4, 1)));
        if (page is not null)
            await File.WriteAllTextAsync(folder["README.md"], page, TestContext.Current.CancellationToken);

        Assert.Equal(expected.Split(','), (await LoadAsync(path, new SourceForm(null, 0.5))).Classes);
    }

    [Fact]
    public async Task Labels_that_are_texts_are_the_names_in_their_order()
    {
        var label = new DataField<string>("label", nullable: true);
        var path = await WriteAsync("animals.parquet", WriteAsync(null, label, (rows, _) => rows.WriteAsync(label, ["cow", "ant", "cow", "ant"]), 4));

        Assert.Equal(["ant", "cow"], (await LoadAsync(path, new SourceForm(null, 0.5))).Classes);
    }

    [Fact]
    public async Task Columns_have_usual_names_or_are_asked_for()
    {
        var fine = new DataField<long?>("fine_label");
        var mood = new DataField<long?>("mood");
        var usual = await WriteAsync("usual.parquet", WriteAsync(null, fine, (rows, _) => rows.WriteAsync<long>(fine, (long?[])[0, 1, 0, 1]), 4));
        var other = await WriteAsync("other.parquet", WriteAsync(null, mood, (rows, _) => rows.WriteAsync<long>(mood, (long?[])[0, 1, 0, 1]), 4));

        Assert.Equal(2, (await LoadAsync(usual, new SourceForm(null, 0.5))).Classes.Count);
        Assert.Equal(2, (await LoadAsync(other, new SourceForm(null, 0.5) { LabelColumn = "mood", ImageColumn = "image" })).Classes.Count);
        Assert.Contains("'image.bytes', 'image.path', 'mood'", await RefusedAsync(other, new SourceForm(null, 0.5)), StringComparison.Ordinal);
        Assert.Contains("imageColumn: there is no column 'picture' of images", await RefusedAsync(other, new SourceForm(null, 0.5) { ImageColumn = "picture" }), StringComparison.Ordinal);
        Assert.Contains("labelColumn: there is no column 'image' of whole numbers or texts", await RefusedAsync(other, new SourceForm(null, 0.5) { LabelColumn = "image" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "row 2: no label (null) in column 'label'")]
    [InlineData(-1L, "row 2: no label (-1) in column 'label'")]
    [InlineData(99L, "row 2: label '99' in column 'label' is of none of the 3 classes, those in the file's metadata")]
    public async Task A_row_without_a_label_of_a_class_is_refused_with_its_number(long? label, string why)
    {
        var path = await WriteAsync("animals.parquet", TableAsync(Names, (1, 0), (2, 1), (3, label), (4, 2)));

        Assert.Contains(why, await RefusedAsync(path, new SourceForm(null, 0.5)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gone.png", "row 1: the image 'gone.png' is not in the file, only its name")]
    [InlineData(null, "row 1: no image in column 'image' (null)")]
    public async Task A_row_without_an_image_is_refused_and_no_other_takes_its_place(string? name, string why)
    {
        var label = new DataField<long?>("label");
        var path = await WriteAsync("animals.parquet", WriteAsync(Names, label, (rows, _) => rows.WriteAsync<long>(label, (long?[])[0, 1, 0, 1]), 4, missing: 1, name));

        Assert.Contains(why, await RefusedAsync(path, new SourceForm(null, 0.5)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train-00000-of-00002.parquet", "'train' has 1 of 2 files")]
    [InlineData("train-00001-of-00002.parquet", "file 00000 of 00002 of 'train' is missing")]
    [InlineData("notes.parquet", "neither of train nor of test by its name")]
    [InlineData("validation-00000-of-00001.parquet", "are both for testing")]
    [InlineData("test-00000-of-00002.parquet", "are both for testing")]
    public async Task Files_that_make_no_whole_data_set_are_refused(string name, string why)
    {
        var table = await TableAsync(Names, (1, 0));
        var files = new Files { ("test-00000-of-00001.parquet", table), (name, table) };

        Assert.Contains(why, await RefusedAsync(files.WriteFolder(folder["files"])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train-00000-of-00002.parquet", "'train' has 1 of 2 files")]
    [InlineData("train-00001-of-00002.parquet", "file 00000 of 00002 of 'train' is missing")]
    public async Task A_file_that_says_it_is_one_of_several_is_no_data_set_alone(string name, string why)
    {
        var path = await WriteAsync(name, TableAsync(Names, (1, 0), (2, 1), (3, 0), (4, 1)));

        Assert.Contains(why, await RefusedAsync(path, new SourceForm(null, 0.5)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_differ_in_their_labels_are_refused()
    {
        var text = new DataField<string>("label", nullable: true);
        var texts = await WriteAsync(null, text, (rows, _) => rows.WriteAsync(text, ["ape", "bee"]), 2);
        var numbers = await TableAsync(Names, (1, 0), (2, 1));
        var others = await TableAsync(Names.Replace("ape", "yak", StringComparison.Ordinal), (1, 0), (2, 1));

        Assert.Contains("are of another type than in", await RefusedAsync(TwoOf("texts", numbers, texts)), StringComparison.Ordinal);
        Assert.Contains("its metadata has other names of classes than", await RefusedAsync(TwoOf("names", numbers, others)), StringComparison.Ordinal);

        string TwoOf(string name, byte[] train, byte[] test) => new Files { ("train.parquet", train), ("test.parquet", test) }.WriteFolder(folder[name]);
    }

    [Fact]
    public async Task Damage_and_what_is_no_Parquet_is_refused_by_name()
    {
        var whole = await TableAsync(Names, [.. Enumerable.Range(0, 8).Select(row => (row, (long?)(row % 2)))]);
        var huge = whole.ToArray();
        BitConverter.GetBytes(int.MaxValue).CopyTo(huge, huge.Length - 8);
        byte[] encrypted = [.. whole[..^4], .. "PARE"u8];

        Assert.Contains("truncated one", await RefusedAsync(await WriteAsync("cut.parquet", Task.FromResult(whole[..^30])), new SourceForm(null, 0.5)), StringComparison.Ordinal);
        Assert.Contains("a footer of 2,147,483,647 bytes", await RefusedAsync(await WriteAsync("huge.parquet", Task.FromResult(huge)), new SourceForm(null, 0.5)), StringComparison.Ordinal);
        Assert.Contains("encrypted", await RefusedAsync(await WriteAsync("encrypted.parquet", Task.FromResult(encrypted)), new SourceForm(null, 0.5)), StringComparison.Ordinal);
        Assert.Contains("no Parquet files", await RefusedAsync(new Files { ("train/ape/0.bmp", [1]) }.WriteFolder(folder["none"])), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_of_Parquet_files_is_known_without_saying_so()
    {
        var path = await WriteAsync("animals.parquet", TableAsync(Names, (1, 0), (2, 0), (3, 1), (4, 1)));
        using var http = new HttpClient();
        var library = new DatasetLibrary(folder["cache"], http, TimeProvider.System);

        var file = await library.ResolveAsync(new DatasetRequest(path, TestFraction: 0.5), null, TestContext.Current.CancellationToken);
        var named = await library.ResolveAsync(new DatasetRequest($"parquet:{path}", TestFraction: 0.5) { LabelColumn = "label" }, null, TestContext.Current.CancellationToken);
        var exception = await Assert.ThrowsAsync<DatasetException>(() => library.ResolveAsync(new DatasetRequest("synthetic:train=20,test=20") { LabelColumn = "label" }, null, TestContext.Current.CancellationToken));

        Assert.Equal("parquet", file.Source);
        Assert.Equal(file.Sha256, named.Sha256);
        Assert.Contains("labelColumn", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_are_resized_if_that_is_asked_for_and_grey_ones_have_one_channel()
    {
        var label = new DataField<long?>("label");
        var path = await WriteAsync("animals.parquet", WriteAsync(Names, label, (rows, _) => rows.WriteAsync<long>(label, (long?[])[0, 1, 0, 1]), 4, isGrey: true));

        Assert.Equal(new ImageShape(1, 2, 2), (await LoadAsync(path, new SourceForm((2, 2), 0.5))).Shape);
    }

    private static List<(int Image, int Label)> Rows(ImageExamples examples) =>
        [.. Enumerable.Range(0, examples.Count).Select(index => ((int)examples.Pixels(index)[0], examples.Label(index)))];

    private static Task<byte[]> TableAsync(string? metadata, params (int Image, long? Label)[] rows)
    {
        var label = new DataField<long?>("label");
        return WriteAsync(metadata, label, (group, _) => group.WriteAsync<long>(label, rows.Select(row => row.Label).ToArray()), rows.Length, images: [.. rows.Select(row => row.Image)]);
    }

    /// <summary>A file as <c>datasets</c> writes it: a group of bytes and path, and a column of labels.</summary>
    private static async Task<byte[]> WriteAsync(
        string? metadata, DataField label, Func<ParquetRowGroupWriter, int, Task> writeLabels, int count, int missing = -1, string? missingName = null, int[]? images = null, bool isGrey = false)
    {
        var bytes = new DataField<byte[]>("bytes", nullable: true);
        var path = new DataField<string>("path", nullable: true);
        using var stream = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(new StructField("image", bytes, path), label), stream))
        {
            if (metadata is not null)
                writer.CustomMetadata = new Dictionary<string, string> { [HubNames.MetadataKey] = metadata };
            using var group = writer.CreateRowGroup();
            var contents = Enumerable.Range(0, count).Where(row => row != missing)
                .Select(row => (ReadOnlyMemory<byte>)(isGrey ? ImageFiles.Png(4, 4, (byte)row) : ImageFiles.Png(4, 4, (byte)(images?[row] ?? row), 200, 7))).ToArray();
            var levels = Enumerable.Range(0, count).Select(row => row != missing ? bytes.MaxDefinitionLevel : missingName is null ? 0 : 1).ToArray();
            await group.WriteAllPartsAsync<ReadOnlyMemory<byte>>(bytes, contents, levels, null, TestContext.Current.CancellationToken);
            var names = Enumerable.Range(0, count).Where(row => row != missing || missingName is not null).Select(row => (row == missing ? missingName! : $"{row}.png").AsMemory()).ToArray();
            await group.WriteAllPartsAsync<ReadOnlyMemory<char>>(path, names, Enumerable.Range(0, count).Select(row => row == missing && missingName is null ? 0 : path.MaxDefinitionLevel).ToArray(), null, TestContext.Current.CancellationToken);
            await writeLabels(group, count);
        }

        return stream.ToArray();
    }

    private static Task<ImageDataset> LoadAsync(string path, SourceForm? form = null) =>
        new ParquetSource(path, form ?? SourceForm.AsIs).LoadAsync(null, TestContext.Current.CancellationToken);

    private static async Task<string> RefusedAsync(string path, SourceForm? form = null) =>
        (await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path, form))).Message;

    private async Task<string> WriteAsync(string name, Task<byte[]> content)
    {
        await File.WriteAllBytesAsync(folder[name], await content, TestContext.Current.CancellationToken);
        return folder[name];
    }
}
