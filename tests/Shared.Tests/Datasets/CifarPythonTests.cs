using System.Text;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Datasets.Sources.Cifar;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Datasets;

[Collection(nameof(Alone))]
public sealed class CifarPythonTests : IDisposable
{
    private const int ImageLength = 3072;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Pythons_version_is_the_data_of_the_binary_version()
    {
        var python = new Files();
        python.AddRange(Cifar10Files.Create().Where(file => file.Name.EndsWith(".bin", StringComparison.Ordinal)).Select(file => (file.Name[..^4], Batch("labels", Split(file.Content)))));
        python.Add(("batches.meta", Names("label_names", CifarForm.Ten.Classes)));

        var fromPython = await LoadAsync(CifarForm.Ten, python.Under("cifar-10-batches-py").WriteTarGz(folder["python.tar.gz"]));
        var fromBinary = await LoadAsync(CifarForm.Ten, Cifar10Files.Create().WriteZip(folder["binary.zip"]));

        Assert.Equal(fromBinary.Sha256, fromPython.Sha256);
    }

    [Fact]
    public async Task The_hundred_classes_and_their_superclasses_are_read_from_both_versions()
    {
        var fine = Enumerable.Range(0, 100).Select(label => $"fine {label}").ToArray();
        var coarse = Enumerable.Range(0, 20).Select(label => $"coarse {label}").ToArray();
        var binary = new Files
        {
            ("train.bin", Hundred((3, 99), (19, 7))), ("test.bin", Hundred((0, 0))),
            ("fine_label_names.txt", Encoding.ASCII.GetBytes(string.Join('\n', fine))), ("coarse_label_names.txt", Encoding.ASCII.GetBytes(string.Join('\n', coarse))),
        };
        var python = new Files
        {
            ("train", Batch("fine_labels", [(99, 3), (7, 19)], "coarse_labels")), ("test", Batch("fine_labels", [(0, 0)], "coarse_labels")),
            ("meta", Names("fine_label_names", fine, "coarse_label_names", coarse)),
        };
        string[] paths = [binary.WriteFolder(folder["binary"]), python.Under("cifar-100-python").WriteTarGz(folder["python.tar.gz"])];

        foreach (var path in paths)
        {
            var hundred = await LoadAsync(CifarForm.Hundred, path);
            Assert.Equal(["fine 99", "fine 7"], Enumerable.Range(0, 2).Select(index => hundred.Classes[hundred.Train.Label(index)]));
            var twenty = await LoadAsync(CifarForm.HundredCoarse, path);
            Assert.Equal(["coarse 3", "coarse 19"], Enumerable.Range(0, 2).Select(index => twenty.Classes[twenty.Train.Label(index)]));
            Assert.Equal((2, 1), (twenty.Train.Count, twenty.Test.Count));
        }
    }

    [Theory]
    [InlineData("data_batch_1.bin", "data_batch_1.bin: 1 bytes; expected a multiple of 3,073")]
    [InlineData("data_batch_1", "data_batch_1: not as CIFAR's Python version has it")]
    [InlineData("train.bin", "train.bin: 1 bytes; expected a multiple of 3,074")]
    [InlineData("meta", "meta: not as CIFAR's Python version has it")]
    public async Task Each_version_is_known_by_its_files(string name, string why)
    {
        var path = new Files { (name, [1]) }.WriteFolder(folder["known"]);
        using var http = new HttpClient();
        var library = new DatasetLibrary(folder["cache"], http, TimeProvider.System);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => library.ResolveAsync(new DatasetRequest(path), null, TestContext.Current.CancellationToken));

        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cposix\nsystem\n(U\u0004lsR.", "it asks for 'posix.system'")]
    [InlineData("\u0080\u0002cbuiltins\neval\n(U\u00041+1tR.", "it asks for 'builtins.eval'")]
    [InlineData("(iposix\nsystem\n.", "instruction 0x69")]
    [InlineData("\u0080\u0004\u0095", "pickle protocol 4")]
    [InlineData("\u0080\u0002T\u00FF\u00FF\u00FF\u007F", "2,147,483,647 bytes are asked for")]
    [InlineData("\u0080\u0002T\u00FF\u00FF\u00FF\u00FF", "-1 bytes are asked for")]
    [InlineData("\u0080\u0002j\u00FF\u00FF\u00FF\u00FF.", "hasn't remembered")]
    [InlineData("\u0080\u0002.", "0 values instead of one")]
    [InlineData("\u0080\u0002NN.", "2 values instead of one")]
    [InlineData("\u0080\u0002}.N", "1 bytes behind its end")]
    [InlineData("\u0080\u0002}", "truncated")]
    [InlineData("\u0080\u0002t.", "without a value to work on")]
    [InlineData("\u0080\u0002(a.", "without a value to work on")]
    [InlineData("\u0080\u0002]q\u0001h\u0001a.", "an item that no list has")]
    [InlineData("\u0080\u0002}(U\u0001aNU\u0001aNu.", "the key 'a' twice")]
    [InlineData("\u0080\u0002}(NNu.", "a key that is no text")]
    [InlineData("\u0080\u0002U\u0001aU\u0001bR.", "a call that no array needs")]
    [InlineData("\u0080\u0002U\u0001aNb.", "a state that no array has")]
    [InlineData("\u0080\u0002].", "no dictionary")]
    [InlineData("", "truncated")]
    public async Task Anything_else_is_refused_and_nothing_of_it_is_run(string pickle, string why)
    {
        var files = new Files { ("train", Encoding.Latin1.GetBytes(pickle)), ("test", Batch("fine_labels", [(0, 0)])) };

        await AssertRefusedAsync(files, "train: not as CIFAR's Python version has it", why);
    }

    [Fact]
    public async Task What_is_larger_than_its_bytes_is_refused_without_memory()
    {
        string[] bombs =
        [
            new string('(', 50_000) + ".", new string('}', 1_000_000) + ".", new string(']', 1_000_000) + ".", "(" + new string(')', 1_000_000) + "t.",
            "N" + new string('\u0085', 1_000_000) + ".", $"T\u0040\u0042\u000F\u0000{new string('a', 1_000_000)}q\u0001" + string.Concat(Enumerable.Repeat("}h\u0001Ns", 900)) + ".",
            "\u0080\u0002)" + string.Concat(Enumerable.Repeat("q\u0001h\u0001\u0086", 40)) + ".",
        ];

        foreach (var bomb in bombs)
        {
            var path = new Files { ("train", Encoding.Latin1.GetBytes(bomb)), ("test", [1]) }.WriteFolder(folder[$"{Guid.NewGuid():N}"]);
            var before = GC.GetTotalAllocatedBytes();
            await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(CifarForm.Hundred, path));
            Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64_000_000);
        }
    }

    [Fact]
    public async Task A_pickle_of_more_values_than_any_batch_is_refused()
    {
        var many = "]" + string.Concat(Enumerable.Repeat($"({string.Concat(Enumerable.Repeat("K\u0001", 1_000))}e", 4_200)) + ".";

        await AssertRefusedAsync(
            [("train", Encoding.Latin1.GetBytes(many)), ("test", Batch("fine_labels", [(0, 0)]))], "more than 4,194,304 values");
    }

    [Fact]
    public async Task A_batch_whose_parts_do_not_fit_is_refused()
    {
        await AssertRefusedAsync(With(Batch("fine_labels", [(1, 0)], labels: 2)), "no 'fine_labels' for 1 images");
        await AssertRefusedAsync(With(Batch("labels", [(1, 0)])), "no 'fine_labels' for 1 images");
        await AssertRefusedAsync(With(Batch("fine_labels", [(100, 0)])), "label 0 of 'fine_labels' is not 0 to 99");
        await AssertRefusedAsync(With(Batch("fine_labels", [(1, 0)], rows: 2)), "3,072 bytes of pixels for 2 images");
        await AssertRefusedAsync(With(Batch("fine_labels", [(1, 0)], type: "i8")), "no 'data' of unsigned bytes");
        await AssertRefusedAsync(With(Batch("fine_labels", [(1, 0)], isFortran: true)), "no 'data' of unsigned bytes");

        static Files With(byte[] train) => [("train", train), ("test", Batch("fine_labels", [(0, 0)]))];
    }

    private static Task<ImageDataset> LoadAsync(CifarForm form, string path) =>
        new CifarSource(form, path, SourceForm.AsIs).LoadAsync(null, TestContext.Current.CancellationToken);

    private async Task AssertRefusedAsync(Files files, params string[] words)
    {
        var path = files.WriteZip(folder[$"{Guid.NewGuid():N}.zip"]);
        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(CifarForm.Hundred, path));
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
    }

    /// <summary>The labels of CIFAR-10's binary records, and their pixels.</summary>
    private static (int Label, int Other, byte[] Pixels)[] Split(byte[] records) =>
        [.. records.Chunk(1 + ImageLength).Select(record => ((int)record[0], 0, record[1..]))];

    private static byte[] Hundred(params (byte Coarse, byte Fine)[] labels) =>
        [.. labels.SelectMany(label => (byte[])[label.Coarse, label.Fine, .. new byte[ImageLength]])];

    private static byte[] Batch(
        string key, (int Label, int Other)[] images, string? other = null, int? labels = null, int? rows = null, string type = "u1", bool isFortran = false) =>
        Batch(key, [.. images.Select(image => (image.Label, image.Other, new byte[ImageLength]))], other, labels, rows, type, isFortran);

    /// <summary>A batch as Python 2 pickles it.</summary>
    private static byte[] Batch(
        string key, (int Label, int Other, byte[] Pixels)[] images, string? other = null, int? labels = null, int? rows = null, string type = "u1", bool isFortran = false)
    {
        List<byte> pickle = [0x80, 2, (byte)'}', (byte)'q', 1, (byte)'('];
        AddText("batch_label");
        AddText("training batch 1 of 1");
        AddLabels(key, [.. images.Select(image => image.Label).Concat(Enumerable.Repeat(0, (labels ?? images.Length) - images.Length))]);
        if (other is not null)
            AddLabels(other, [.. images.Select(image => image.Other)]);
        AddText("data");
        Add("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085U\u0001b\u0087Rq\u0009(K\u0001");
        AddNumber(rows ?? images.Length);
        AddNumber(ImageLength);
        Add($"\u0086cnumpy\ndtype\nU\u0002{type}K\0K\u0001\u0087R(K\u0003U\u0001|NNNJ\u00FF\u00FF\u00FF\u00FFJ\u00FF\u00FF\u00FF\u00FFK\0tb{(isFortran ? '\u0088' : '\u0089')}T");
        pickle.AddRange(BitConverter.GetBytes(images.Length * ImageLength));
        foreach (var image in images)
            pickle.AddRange(image.Pixels);
        Add("tbu.");
        return [.. pickle];

        void AddLabels(string name, int[] values)
        {
            AddText(name);
            Add("](");
            foreach (var value in values)
                Add($"K{(char)value}");
            Add("e");
        }

        void AddNumber(int value) => pickle.AddRange([(byte)'M', (byte)value, (byte)(value >> 8)]);

        void AddText(string text) => Add($"U{(char)text.Length}{text}");

        void Add(string text) => pickle.AddRange(Encoding.Latin1.GetBytes(text));
    }

    private static byte[] Names(string key, IReadOnlyList<string> names, string? other = null, IReadOnlyList<string>? others = null)
    {
        var pickle = new StringBuilder("\u0080\u0002}(");
        AddNames(key, names);
        if (other is not null)
            AddNames(other, others!);
        return Encoding.Latin1.GetBytes(pickle.Append("u.").ToString());

        void AddNames(string under, IReadOnlyList<string> all)
        {
            AddText(under);
            pickle.Append("](");
            foreach (var name in all)
                AddText(name);
            pickle.Append('e');
        }

        void AddText(string text) => pickle.Append('U').Append((char)text.Length).Append(text);
    }
}
