using System.Text;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Datasets.Sources.Tables;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;
using Parquet;
using Parquet.Schema;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class TableSourceTests : IDisposable
{
    private const string Train = "a,b,label\n1,10,0\n2,10,1\n3,10,0\n6,10,1\n";
    private const string Test = "a,b,label\n3,10,1\n13,11,0\n";

    private static readonly SourceForm Half = new(null, 0.5);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Numbers_are_standardised_by_the_rows_to_train_on_those_to_test_on_too()
    {
        var dataset = await LoadAsync(new Files { ("data/train.csv", Bytes(Train)), ("data/test.csv", Bytes(Test)) }.WriteFolder(folder["a"]));

        var deviation = Math.Sqrt(3.5);
        Assert.Equal([new TableColumn("a", 3, deviation), new TableColumn("b", 10, 0)], dataset.Columns);
        Assert.Equal(new ImageShape(2, 1, 1) { IsTable = true }, dataset.Shape);
        Assert.Equal([(0, (float)(-2 / deviation)), (1, (float)(-1 / deviation)), (0, 0f), (1, (float)(3 / deviation))], Rows(dataset.Train));
        Assert.Equal([(1, 0f), (0, (float)(10 / deviation))], Rows(dataset.Test));
        Assert.Equal(0f, Numbers(dataset.Test, 1)[1]); // a column of one value says nothing, also where it has another later
    }

    [Theory]
    [InlineData("\uFEFFa,b,label\r\n1,10,0\r\n2,10,1\r\n3,10,0\r\n6,10,1\r\n")]
    [InlineData("a,b,label\n1,10,0\n\n2,10,1\n3,10,0\n   \n6,10,1")]
    [InlineData("label,a,b\n0,1,10\n1,2,10\n0,3,10\n1,6,10\n")]
    [InlineData("\"a\",\"b\",\"label\"\n\"1\",\"10\",\"0\"\n2,10,1\n3,10,0\n6,10,1\n")]
    [InlineData("a;b;label\n1,0;10;0\n2,0;10;1\n3;10;0\n6;1,0e1;1\n")]
    [InlineData("a\tb\tlabel\n1\t10\t0\n2\t10\t1\n3\t10\t0\n6\t10\t1\n")]
    [InlineData("a, b , label\n 1, 10, 0\n2,10,1\n3,10,0\n6,10,1\n")]
    [InlineData("a,b,label\n1.0e0,1E1,0.0\n2,10,1.0\n3,10,0\n+6,10,1\n")]
    public async Task A_table_may_be_written_in_several_ways(string text)
    {
        var table = await LoadAsync(Write("t.csv", text), Half);

        Assert.Equal((await LoadAsync(Write("plain.csv", Train), Half)).Sha256, table.Sha256);
    }

    [Fact]
    public async Task Text_with_a_mark_of_UTF_16_is_read_so()
    {
        await File.WriteAllTextAsync(folder["wide.csv"], Train, Encoding.Unicode, TestContext.Current.CancellationToken);

        Assert.Equal((await LoadAsync(Write("plain.csv", Train), Half)).Sha256, (await LoadAsync(folder["wide.csv"], Half)).Sha256);
    }

    [Fact]
    public async Task Without_names_columns_are_numbered_and_the_last_has_the_labels()
    {
        var dataset = await LoadAsync(Write("t.csv", "1,10,0\n2,10,1\n3,10,0\n6,10,1\n"), Half);

        Assert.Equal(["1", "2"], dataset.Columns!.Select(column => column.Name));
        Assert.Equal(["0", "1"], dataset.Classes);
    }

    [Theory]
    [InlineData("low mid high low mid high", "high low mid", "1 2 0 1 2 0")]
    [InlineData("-1 1 -1 1 1 -1", "-1 1", "0 1 0 1 1 0")]
    [InlineData("10 9 9 10 2 2.0", "2 9 10", "2 1 1 2 0 0")]
    public async Task Labels_are_texts_or_whole_numbers_in_their_order(string labels, string classes, string expected)
    {
        var rows = labels.Split(' ').Index().Select(row => $"{row.Index},{row.Item}\n");
        var dataset = await LoadAsync(new Files { ("train.csv", Bytes($"a,label\n{string.Concat(rows)}")), ("test.csv", Bytes($"a,label\n1,{labels.Split(' ')[0]}\n")) }.WriteFolder(folder["a"]));

        Assert.Equal(classes.Split(' '), dataset.Classes);
        Assert.Equal(expected, string.Join(' ', Rows(dataset.Train).Select(row => row.Label)));
    }

    [Fact]
    public async Task A_share_of_each_class_is_drawn_to_test_on_and_standardised_by_the_others()
    {
        var dataset = await LoadAsync(Write("t.csv", "a,label\n" + string.Concat(Enumerable.Range(0, 40).Select(row => $"{row},{row % 2}\n"))), new SourceForm(null, 0.25));

        Assert.Equal((30, 10), (dataset.Train.Count, dataset.Test.Count));
        Assert.Equal(5, Rows(dataset.Test).Count(row => row.Label == 0));
        Assert.Equal(0, Rows(dataset.Train).Average(row => row.Number), 6);
        Assert.Equal(1, Rows(dataset.Train).Average(row => row.Number * row.Number), 6);
    }

    [Fact]
    public async Task Columns_to_learn_from_and_of_the_labels_can_be_named()
    {
        var path = Write("t.csv", "id,\"f,0\",b,mood\n7,1,10,x\n8,2,20,y\n9,3,30,x\n10,6,40,y\n");
        var dataset = await LoadAsync(path, Half with { LabelColumn = "mood", Columns = "b,\"f,0\"" });

        Assert.Equal(["b", "f,0"], dataset.Columns!.Select(column => column.Name));
        Assert.Contains("labelColumn: ", await RefusedAsync(path), StringComparison.Ordinal);
        Assert.EndsWith("It has 'id', 'f,0', 'b', 'mood'", await RefusedAsync(path), StringComparison.Ordinal);
        Assert.Contains("columns: ", await RefusedAsync(path, Half with { LabelColumn = "mood", Columns = "c" }), StringComparison.Ordinal);
        Assert.Contains("there is no column 'c'. It has 'id', ", await RefusedAsync(path, Half with { LabelColumn = "mood", Columns = "c" }), StringComparison.Ordinal);
        Assert.Contains("'mood' has the labels", await RefusedAsync(path, Half with { LabelColumn = "mood", Columns = "b,mood" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b", "a|b")]
    [InlineData("\"a,b\",c", "a,b|c")]
    [InlineData("\"a \"\"x\"\"\"", "a \"x\"")]
    [InlineData("", null)]
    [InlineData("a,,b", null)]
    [InlineData("a,", null)]
    [InlineData("a,a", null)]
    [InlineData("\"a", null)]
    [InlineData("\"a\"b", null)]
    public void Names_of_columns_have_a_comma_between(string text, string? expected) =>
        Assert.Equal(expected?.Split('|'), ColumnNames.In(text));

    [Theory]
    [InlineData("")]
    [InlineData("NA")]
    [InlineData("nan")]
    [InlineData("?")]
    [InlineData("null")]
    [InlineData("N/A")]
    public async Task A_missing_number_is_refused_with_its_place_or_is_the_mean(string cell)
    {
        var path = Write("t.csv", $"a,b,label\n1,10,0\n3,{cell},1\n5,20,0\n7,30,1\n");

        Assert.Contains($"line 3: column 'b': '{cell}' is no number", await RefusedAsync(path), StringComparison.Ordinal);
        var dataset = await LoadAsync(path, new SourceForm(null, 0.01) { TakesMeans = true });
        Assert.All(dataset.Columns!, column => Assert.True(double.IsFinite(column.Mean)));
        Assert.Contains(new[] { dataset.Train, dataset.Test }.SelectMany(part => Enumerable.Range(0, 2).Select(row => Numbers(part, row)[1])), number => number == 0);
    }

    [Theory]
    [InlineData("a,b,label\n1,10,0\n1,x,1\n1,10,0\n1,10,1\n", "line 3: column 'b': 'x' is no finite number")]
    [InlineData("a,b,label\n1,10,0\n1,inf,1\n1,10,0\n1,10,1\n", "line 3: column 'b': 'inf' is no finite number")]
    [InlineData("a,b,label\n1,10,0\n1,1e999,1\n1,10,0\n1,10,1\n", "line 3: column 'b': '1e999' is no finite number")]
    [InlineData("a,b,label\n1,10,0\n1,1\n", "line 3: 2 cells; expected 3, as the first row has")]
    [InlineData("a,b,label\n1,10,0\n1,1,0,\n", "line 3: 4 cells; expected 3, as the first row has")]
    [InlineData("a,b,label\n1,10,0\n\n\"1\n\",1\n", "line 4: 2 cells")]
    [InlineData("a,b,label\n1,10,x\n1,5,\"y\n1,10,x\n", "line 3: a double quote begins a cell here, and none ends it")]
    [InlineData("a,b,label\n1,10,\"x\"\"z\"\n1,5,\"y\"y\n", "line 3: text behind the double quote that ends a cell")]
    [InlineData("a,b,label\n1,10,5\"\n1,5,6\"\n", "line 2: a double quote within a cell that doesn't begin with one")]
    [InlineData("a,b,label\n1,10,0\n1,9\0,1\n", "line 3: a NUL character")]
    [InlineData("a,y,target\n1,0,0\n2,1,1\n", "labelColumn: ")]
    [InlineData("a,b,label\n1,10,0\n1,5,\n", "line 3: column 'label': no label ('')")]
    [InlineData("a,a,label\n1,10,0\n", "line 1: two columns are called 'a'")]
    [InlineData(",a,label\n0,1,0\n", "line 1: column 1 has no name")]
    [InlineData("a\n1\n", "line 1: one column")]
    [InlineData("", "no rows")]
    [InlineData("a,label\n", "no rows to train on")]
    [InlineData("a,label\n1,0\n2,0\n", "1 classes in column 'label'")]
    [InlineData("a,label\n1,0.5\n2,0\n", "label '0.5' in column 'label': expected classes")]
    [InlineData("a;label\n1.5;0\n2,5;1\n1;0\n1;1\n", "line 3: column 'a': '2,5' has a comma, where numbers before it have a point")]
    [InlineData("a;label\n1,5;0\n2.5;1\n1;0\n1;1\n", "line 3: column 'a': '2.5' has a point, where numbers before it have a comma")]
    [InlineData("a;label\n1;0\n1.234,5;1\n1;0\n1;1\n", "line 3: column 'a': '1.234,5' is no finite number")]
    public async Task What_is_no_table_is_refused_with_line_and_column(string text, string why) =>
        Assert.Contains(why, await RefusedAsync(Write("t.csv", text)), StringComparison.Ordinal);

    [Fact]
    public async Task Bytes_that_are_no_UTF_8_are_refused_with_line_and_column()
    {
        var late = Bytes("a,b,label\n" + string.Concat(Enumerable.Repeat("1,10,0\n", 40_000)) + "1,5,gr?n\n");
        late[^4] = 0xFC;
        await File.WriteAllBytesAsync(folder["late.csv"], late, TestContext.Current.CancellationToken);
        byte[] early = [.. "a,b,gr"u8, 0xFC, .. "n\n1,2,0\n"u8];
        await File.WriteAllBytesAsync(folder["early.csv"], early, TestContext.Current.CancellationToken);

        Assert.Contains("line 1, column 3: the byte 0xFC is no UTF-8", await RefusedAsync(folder["early.csv"]), StringComparison.Ordinal);
        Assert.Contains("line 40002, column 3: the byte 0xFC is no UTF-8", await RefusedAsync(folder["late.csv"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cell_that_never_ends_takes_no_more_memory_than_a_row_may()
    {
        await File.WriteAllTextAsync(folder["t.csv"], "a,label\n\"1," + new string('0', 17_000_000), TestContext.Current.CancellationToken);

        Assert.Contains("a row of more than 16,000,000 characters", await RefusedAsync(folder["t.csv"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_classes_than_a_label_can_tell_are_refused()
    {
        var path = Write("t.csv", "a,label\n" + string.Concat(Enumerable.Range(0, 300).Select(row => $"1,{row}\n")));

        Assert.Contains("more than 256 classes in column 'label'", await RefusedAsync(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("test.csv,other.csv", "neither of train nor of test by its name")]
    [InlineData("train.csv,val.csv,test.csv", "are both for testing")]
    [InlineData("train.csv", "no rows to test on")]
    [InlineData("test.csv,val.csv", "are both for testing")]
    [InlineData("notes.txt", "no tables")]
    public async Task Files_that_make_no_whole_data_set_are_refused(string names, string why)
    {
        var files = new Files();
        foreach (var name in names.Split(','))
            files.Add((name, Bytes(Train)));

        Assert.Contains(why, await RefusedAsync(files.WriteFolder(folder["a"]), SourceForm.AsIs), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_to_test_on_must_have_the_columns_and_the_classes_of_those_to_train_on()
    {
        Assert.Contains("there is no column 'b', which the rows to train on have", await WithTestAsync("b", "a,c,label\n1,2,0\n"), StringComparison.Ordinal);
        Assert.Contains("line 2: column 'label': the label '7' is of none of the 2 classes", await WithTestAsync("l", "a,b,label\n1,2,7\n"), StringComparison.Ordinal);

        Task<string> WithTestAsync(string name, string test) =>
            RefusedAsync(new Files { ("train.csv", Bytes(Train)), ("test.csv", Bytes(test)) }.WriteFolder(folder[name]), SourceForm.AsIs);
    }

    [Fact]
    public async Task A_Parquet_file_gives_what_the_same_table_as_text_gives()
    {
        var path = await ParquetAsync("t.parquet", new double?[] { 1, 2, 3, 6 }, [10, 10, 10, 10]);

        Assert.Equal((await LoadAsync(Write("plain.csv", Train), Half)).Sha256, (await LoadAsync(path, Half)).Sha256);
    }

    [Theory]
    [InlineData(null, "row 1: column 'a': no number (null)")]
    [InlineData(double.NaN, "row 1: column 'a': no number (NaN)")]
    [InlineData(double.PositiveInfinity, "row 1: column 'a': an infinite number")]
    public async Task What_is_no_number_in_a_Parquet_file_is_refused_with_row_and_column(double? number, string why) =>
        Assert.Contains(why, await RefusedAsync(await ParquetAsync("t.parquet", [1, number, 3, 6], [1, 2, 3, 4])), StringComparison.Ordinal);

    [Fact]
    public async Task Columns_of_a_Parquet_file_that_are_no_numbers_are_all_named()
    {
        var (a, flag, note, label) = (new DataField<double>("a"), new DataField<bool>("flag"), new DataField<string>("note", nullable: false), new DataField<long>("label"));
        await using (var stream = File.Create(folder["t.parquet"]))
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(a, flag, note, label), stream, cancellationToken: TestContext.Current.CancellationToken))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync<double>(a, new double[] { 1, 2, 3, 4 }, cancellationToken: TestContext.Current.CancellationToken);
            await group.WriteAsync<bool>(flag, new bool[] { true, false, true, false }, cancellationToken: TestContext.Current.CancellationToken);
            await group.WriteAsync(note, ["x", "y", "x", "y"]);
            await group.WriteAsync<long>(label, new long[] { 0, 1, 0, 1 }, cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.Contains("column 'flag' is boolean, column 'note' is text; expected numbers", await RefusedAsync(folder["t.parquet"]), StringComparison.Ordinal);
        Assert.Equal(["0", "1"], (await LoadAsync(folder["t.parquet"], Half with { Columns = "a" })).Classes);
    }

    [Fact]
    public async Task A_table_is_kept_in_the_cache_with_its_columns_and_known_by_its_name()
    {
        var path = Write("t.csv", Train);
        using var http = new HttpClient();
        var library = new DatasetLibrary(folder["cache"], http, TimeProvider.System);

        var found = await library.ResolveAsync(new DatasetRequest(path, TestFraction: 0.5), null, TestContext.Current.CancellationToken);
        var named = await library.ResolveAsync(new DatasetRequest($"table:{path}", TestFraction: 0.5) { LabelColumn = "label" }, null, TestContext.Current.CancellationToken);
        var fewer = await library.ResolveAsync(new DatasetRequest(path, TestFraction: 0.5) { Columns = "a" }, null, TestContext.Current.CancellationToken);
        var opened = await library.OpenAsync(found.Sha256, TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<DatasetException>(
            () => library.ResolveAsync(new DatasetRequest("synthetic:train=20,test=20") { Missing = "mean" }, null, TestContext.Current.CancellationToken));

        Assert.Equal(("table", found.Sha256, 2), (named.Source, named.Sha256, found.Shape.Channels));
        Assert.NotEqual(found.Sha256, fewer.Sha256);
        Assert.Equal((await LoadAsync(path, Half)).Columns, opened.Columns);
        Assert.True(opened.Shape.IsTable);
        Assert.StartsWith("missing: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_and_their_fields_are_no_tables()
    {
        Assert.StartsWith("resize: ", await RefusedAsync(Write("t.csv", Train), new SourceForm((2, 2), 0.5)), StringComparison.Ordinal);
        Assert.StartsWith("imageColumn: ", await RefusedAsync(Write("t.csv", Train), Half with { ImageColumn = "a" }), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => new ImageExamples(new byte[2], new ImageShape(1, 1, 1), 2).CopyNumbers(0, new float[1]));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static float[] Numbers(ImageExamples examples, int row)
    {
        var numbers = new float[examples.Shape.Length];
        examples.CopyNumbers(row, numbers);
        return numbers;
    }

    private static List<(int Label, float Number)> Rows(ImageExamples examples) =>
        [.. Enumerable.Range(0, examples.Count).Select(row => (examples.Label(row), Numbers(examples, row)[0]))];

    private static Task<ImageDataset> LoadAsync(string path, SourceForm? form = null) =>
        new TableSource(path, form ?? SourceForm.AsIs).LoadAsync(null, TestContext.Current.CancellationToken);

    private static async Task<string> RefusedAsync(string path, SourceForm? form = null) =>
        (await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path, form ?? Half))).Message;

    private string Write(string name, string text)
    {
        File.WriteAllText(folder[name], text);
        return folder[name];
    }

    private async Task<string> ParquetAsync(string name, double?[] first, long[] second)
    {
        var (a, b, label) = (new DataField<double?>("a"), new DataField<long>("b"), new DataField<int>("label"));
        await using var stream = File.Create(folder[name]);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(a, b, label), stream);
        using var group = writer.CreateRowGroup();
        await group.WriteAsync<double>(a, first);
        await group.WriteAsync<long>(b, second);
        await group.WriteAsync<int>(label, new int[] { 0, 1, 0, 1 });
        return folder[name];
    }
}
