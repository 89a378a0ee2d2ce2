using System.Buffers.Binary;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Datasets;

[Collection(nameof(Alone))]
public sealed class IdxSourceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Images_are_grey_and_in_the_files_order()
    {
        var dataset = await LoadAsync(Create().WriteFolder(folder["mnist"]));

        Assert.Equal(new ImageShape(1, 2, 3), dataset.Shape);
        Assert.Equal(["0", "1", "2"], dataset.Classes);
        Assert.Equal([2, 10, 11, 12, 13, 14, 15], dataset.Train.Record(1).ToArray());
        Assert.Equal((4, 2), (dataset.Train.Count, dataset.Test.Count));
    }

    [Fact]
    public async Task Plain_and_packed_files_with_a_dash_or_a_dot_in_folders_and_archives_are_one_data_set()
    {
        var plain = await LoadAsync(Create().WriteFolder(folder["plain"]));
        var packed = new Files();
        packed.AddRange(Create().Select(file => ($"{file.Name.Replace("-idx", ".idx")}.gz", Files.Compress(file.Content))));
        var both = new Files();
        both.AddRange([.. packed.Under("raw"), .. Create().Under("raw")]);
        string[] paths = [packed.WriteFolder(folder["packed"]), packed.WriteZip(folder["packed.zip"]), Create().WriteTarGz(folder["plain.tgz"]), both.WriteFolder(folder["both"])];

        foreach (var path in paths)
            Assert.Equal(plain.Sha256, (await LoadAsync(path)).Sha256);
    }

    [Fact]
    public async Task A_packed_name_with_plain_content_is_read()
    {
        var files = Create().Without(name => name.StartsWith("train-images", StringComparison.Ordinal)).With("train-images-idx3-ubyte.gz", Images(4));

        Assert.Equal(4, (await LoadAsync(files.WriteFolder(folder["odd"]))).Train.Count);
    }

    [Fact]
    public async Task Emnists_images_are_put_upright_its_labels_begin_at_one_and_its_mapping_has_their_names()
    {
        var files = new Files
        {
            ("emnist-letters-train-images-idx3-ubyte", Images(4)), ("emnist-letters-train-labels-idx1-ubyte", Labels(1, 2, 1, 2)),
            ("emnist-letters-test-images-idx3-ubyte", Images(2)), ("emnist-letters-test-labels-idx1-ubyte", Labels(2, 1)),
            ("emnist-letters-mapping.txt", "1 65 97\n2 66 98\n"u8.ToArray()),
        };

        var dataset = await LoadAsync(files.WriteFolder(folder["emnist"]));

        Assert.Equal(new ImageShape(1, 3, 2), dataset.Shape);
        Assert.Equal(["A", "B"], dataset.Classes);
        Assert.Equal([0, 0, 3, 1, 4, 2, 5], dataset.Train.Record(0).ToArray());
    }

    [Fact]
    public async Task Names_are_those_of_the_sets_own_mapping_by_label()
    {
        var files = new Files
        {
            ("emnist-balanced-mapping.txt", "0 48\n1 49\n2 50\n"u8.ToArray()),
            ("emnist-letters-mapping.txt", "3 67 99\n2 66 98\n1 65 97\n"u8.ToArray()),
            ("emnist-letters-test-images-idx3-ubyte", Images(2)), ("emnist-letters-test-labels-idx1-ubyte", Labels(2, 3)),
            ("emnist-letters-train-images-idx3-ubyte", Images(4)), ("emnist-letters-train-labels-idx1-ubyte", Labels(2, 3, 2, 3)),
            ("other-mapping.txt", "nothing of ours"u8.ToArray()),
        };

        Assert.Equal(["B", "C"], (await LoadAsync(files.WriteFolder(folder["emnist"]))).Classes);
        Assert.Equal(["2", "3"], (await LoadAsync(files.With("emnist-letters-mapping.txt", "2 66\n"u8.ToArray()).WriteFolder(folder["short"]))).Classes);
        Assert.Equal(["2", "3"], (await LoadAsync(files.Without(name => name.StartsWith("emnist-letters-m", StringComparison.Ordinal)).WriteFolder(folder["none"]))).Classes);
        await AssertRefusedAsync(files.With("emnist-letters-mapping.txt", "2 66\n2 67\n"u8.ToArray()), "emnist-letters-mapping.txt", "for different labels");
        await AssertRefusedAsync(files.With("emnist-letters-mapping.txt", "2 66\n3 66\n"u8.ToArray()), "emnist-letters-mapping.txt", "for different labels");
    }

    [Fact]
    public async Task Files_of_two_sets_are_not_taken_for_one()
    {
        var files = Create().Without(name => name.StartsWith("train", StringComparison.Ordinal))
            .With("emnist-letters-train-images-idx3-ubyte", Images(4)).With("emnist-letters-train-labels-idx1-ubyte", Labels(1, 2, 1, 2));

        await AssertRefusedAsync(files, "another set than the files");
    }

    [Fact]
    public async Task Packed_zeros_are_not_unpacked_beyond_what_the_header_says()
    {
        foreach (byte[] start in (byte[][])[[.. Images(4)[..16]], [0, 0, 8, 9], []])
        {
            var files = Create().Without(name => name == "train-images-idx3-ubyte").With("train-images-idx3-ubyte.gz", Files.Compress([.. start, .. new byte[200_000_000]]));
            var path = files.WriteFolder(folder[$"{Guid.NewGuid():N}"]);
            var before = GC.GetTotalAllocatedBytes();
            await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path));
            Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 20_000_000);
        }
    }

    [Fact]
    public async Task A_header_that_says_more_than_a_packed_file_can_hold_takes_no_memory()
    {
        byte[] header = [0, 0, 8, 3, .. Size(1_000_000), .. Size(40), .. Size(40)];
        var path = Create().Without(name => name == "train-images-idx3-ubyte").With("train-images-idx3-ubyte.gz", Files.Compress([.. header, .. new byte[100]])).WriteFolder(folder["claim"]);
        var before = GC.GetTotalAllocatedBytes();

        await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path));

        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 20_000_000);
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte", 16, -1, "23 values; expected 24, which are 4 × 2 × 3")]
    [InlineData("train-images-idx3-ubyte", 2, 13, "type 0x0D")]
    [InlineData("train-images-idx3-ubyte", 3, 1, "1 dimensions; expected 3")]
    [InlineData("train-images-idx3-ubyte", 4, 255, "expected 1 or more")]
    [InlineData("train-images-idx3-ubyte", 11, 0, "a dimension of 0")]
    [InlineData("train-images-idx3-ubyte", 0, 1, "no IDX file")]
    public async Task A_damaged_file_is_refused_with_its_name(string name, int at, int value, string why)
    {
        var content = Create().Single(file => file.Name == name).Content;
        if (value < 0)
            content = content[..^1];
        else
            content[at] = (byte)value;

        await AssertRefusedAsync(Create().With(name, content), name, why);
        await AssertRefusedAsync(Create().Without(other => other == name).With($"{name}.gz", Files.Compress(content)), name, why);
    }

    [Fact]
    public async Task Files_that_do_not_fit_each_other_are_refused()
    {
        await AssertRefusedAsync(Create().With("train-labels-idx1-ubyte", Labels(1, 2, 0)), "train-labels-idx1-ubyte", "3 labels for 4 images");
        await AssertRefusedAsync(Create().Without(name => name.StartsWith("t10k-labels", StringComparison.Ordinal)), "t10k-images-idx3-ubyte", "no labels");
        await AssertRefusedAsync(Create().Without(name => name.StartsWith("t10k", StringComparison.Ordinal)), "no test images and labels");
        await AssertRefusedAsync(Create().With("train-images-idx3-ubyte", Labels(1, 2)), "train-images-idx3-ubyte", "1 dimensions; expected 3, with images");
        await AssertRefusedAsync(Create().With("train-labels-idx1-ubyte", Labels(1, 2, 2, 1)).With("t10k-labels-idx1-ubyte", Labels(0, 1)), "t10k-labels-idx1-ubyte", "label 0 at 0; expected at least 1");
        await AssertRefusedAsync(Create().With("t10k-labels-idx1-ubyte", Labels(0, 11)), "t10k-labels-idx1-ubyte", "label 11, which no training image has; expected 0 to 2");
        await AssertRefusedAsync(Create().With("train-labels-idx1-ubyte", Labels(7, 7, 7, 7)).With("t10k-labels-idx1-ubyte", Labels(7, 7)), "train-labels-idx1-ubyte", "all labels are 7");
        await AssertRefusedAsync(Create().With("t10k-images-idx3-ubyte", [0, 0, 8, 3, .. Size(2), .. Size(1), .. Size(3), 1, 2, 3, 4, 5, 6]), "t10k-images-idx3-ubyte", "images of 3×1, those to train on are of 3×2");
    }

    [Fact]
    public async Task A_packed_file_that_is_cut_is_refused()
    {
        var cut = Files.Compress(Images(4))[..^4];

        await AssertRefusedAsync(
            Create().Without(name => name == "train-images-idx3-ubyte").With("train-images-idx3-ubyte.gz", cut), "train-images-idx3-ubyte.gz", "truncated");
    }

    /// <summary>Four images to train on and two to test on, of two rows and three columns.</summary>
    private static Files Create() =>
    [
        ("train-images-idx3-ubyte", Images(4)), ("train-labels-idx1-ubyte", Labels(1, 2, 0, 2)),
        ("t10k-images-idx3-ubyte", Images(2)), ("t10k-labels-idx1-ubyte", Labels(0, 1)),
        ("README.md", "about"u8.ToArray()),
    ];

    private static byte[] Images(int count) =>
        [0, 0, 8, 3, .. Size(count), .. Size(2), .. Size(3), .. Enumerable.Range(0, count).SelectMany(image => Enumerable.Range(10 * image, 6)).Select(value => (byte)value)];

    private static byte[] Labels(params byte[] labels) => [0, 0, 8, 1, .. Size(labels.Length), .. labels];

    private static byte[] Size(int size)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, size);
        return bytes;
    }

    private async Task<ImageDataset> LoadAsync(string path)
    {
        using var http = new HttpClient();
        var library = new DatasetLibrary(folder["cache"], http, TimeProvider.System);
        var resolved = await library.ResolveAsync(new DatasetRequest(path), null, TestContext.Current.CancellationToken);
        Assert.Equal("idx", resolved.Source);
        return await library.OpenAsync(resolved.Sha256, TestContext.Current.CancellationToken);
    }

    private async Task AssertRefusedAsync(Files files, params string[] words)
    {
        var path = files.WriteZip(folder[$"{Guid.NewGuid():N}.zip"]);
        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path));
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
    }
}
