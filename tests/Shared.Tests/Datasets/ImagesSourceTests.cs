using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class ImagesSourceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_folder_a_zip_and_a_tar_in_any_order_give_the_same_data()
    {
        var files = ImageFiles.Create();

        var fromFolder = await LoadAsync(files.WriteFolder(folder["plain"]));
        var fromZip = await LoadAsync(files.Reversed().WriteZip(folder["a.zip"]));
        var fromTar = await LoadAsync(files.Reversed().Under("lead").WriteTarGz(folder["a.tar.gz"]));
        var fromDotted = await LoadAsync(files.Under(".").WriteTarGz(folder["b.tgz"]));

        Assert.All([fromZip, fromTar, fromDotted], dataset => Assert.Equal(fromFolder.Sha256, dataset.Sha256));
    }

    [Fact]
    public async Task Images_are_planes_in_the_order_of_classes_and_files()
    {
        var dataset = await LoadAsync(ImageFiles.Create(train: 3, test: 2).Reversed().WriteTarGz(folder["a.tar.gz"]));

        Assert.Equal(["ape", "bee", "cat"], dataset.Classes);
        Assert.Equal(new ImageShape(3, ImageFiles.Side, ImageFiles.Side), dataset.Shape);
        Assert.Equal((9, 6), (dataset.Train.Count, dataset.Test.Count));
        AssertImages(dataset.Train, isTrain: true, perClass: 3);
        AssertImages(dataset.Test, isTrain: false, perClass: 2);
    }

    [Fact]
    public async Task A_pixels_place_is_kept()
    {
        var image = ImageFiles.Bmp(4, 4, (0, 0, 0));
        image[54 + 0 * 12 + 3 * 3 + 2] = 255; // The lowest row comes first in a BMP, and blue comes first in a pixel.
        var files = ImageFiles.Create().With("train/ape/0000.bmp", image);

        var pixels = (await LoadAsync(files.WriteFolder(folder.Path))).Train.Pixels(0).ToArray();

        Assert.Equal(255, pixels[3 * 4 + 3]);
        Assert.Equal(255, pixels.Sum(value => value));
    }

    [Fact]
    public async Task Grey_and_transparent_images_become_red_green_and_blue()
    {
        var files = ImageFiles.Create()
            .With("train/ape/0000.bmp", ImageFiles.Png(4, 4, 77))
            .With("train/ape/0001.bmp", ImageFiles.Png(4, 4, 1, 2, 3, 128));

        var train = (await LoadAsync(files.WriteFolder(folder.Path))).Train;

        Assert.All(train.Pixels(0).ToArray(), value => Assert.Equal(77, value));
        Assert.Equal([.. Enumerable.Repeat<byte>(1, 16), .. Enumerable.Repeat<byte>(2, 16), .. Enumerable.Repeat<byte>(3, 16)], train.Pixels(1).ToArray());
    }

    [Fact]
    public async Task Files_beside_the_images_are_left_out()
    {
        var files = ImageFiles.Create();
        var more = files.With("README.md", [1]);
        foreach (var leftover in new[] { ".DS_Store", "Thumbs.db", "thumbs.db", "Desktop.ini", "@eaDir/0000.bmp@SynoResource", "#recycle/0.bmp" })
            more = more.With($"train/ape/{leftover}", [1]);
        more = more.With("__MACOSX/train/ape/._0000.bmp", [1]).With("train/Thumbs.db", [1]).With("@eaDir/train/ape/0.bmp", [1]);

        var plain = await LoadAsync(files.WriteZip(folder["plain.zip"]));
        var cluttered = await LoadAsync(more.WriteZip(folder["cluttered.zip"]));

        Assert.Equal(plain.Sha256, cluttered.Sha256);
    }

    [Fact]
    public async Task An_image_of_another_size_is_refused_with_both_sizes() =>
        await AssertRefusedAsync(
            ImageFiles.Create().With("train/cat/0002.bmp", ImageFiles.Bmp(5, 4, (1, 2, 3))), "train/cat/0002.bmp", "5×4", "expected 4×4");

    [Fact]
    public async Task A_file_that_is_no_image_is_refused_with_its_name() =>
        await AssertRefusedAsync(ImageFiles.Create().With("train/bee/0001.bmp", [1, 2, 3, 4]), "train/bee/0001.bmp", "not a readable image");

    [Fact]
    public async Task A_truncated_image_is_refused_with_its_name() =>
        await AssertRefusedAsync(
            ImageFiles.Create().With("train/bee/0001.bmp", ImageFiles.Bmp(4, 4, (1, 2, 3))[..80]), "train/bee/0001.bmp", "truncated");

    [Fact]
    public async Task An_image_that_would_fill_the_memory_is_refused() =>
        await AssertRefusedAsync(
            new Files { ("train/a/0.png", ImageFiles.Png(4000, 4000, 0)), ("train/b/0.png", [0]), ("test/a/0.png", [0]) }, "train/a/0.png", "48,000,000");

    [Theory]
    [InlineData("../train/ape/0009.bmp", "leading out")]
    [InlineData("train/../../ape/0009.bmp", "leading out")]
    [InlineData("/train/ape/0009.bmp", "absolute")]
    [InlineData("C:/train/ape/0009.bmp", "absolute")]
    [InlineData("train\\..\\..\\0009.bmp", "leading out|backslash")]
    [InlineData("\\\\server\\train\\ape\\0009.bmp", "absolute|backslash")]
    [InlineData("train/ape/\u001b[2J.bmp", "control character")]
    public async Task A_name_that_points_outside_is_refused(string name, string why)
    {
        var files = ImageFiles.Create().With(name, ImageFiles.Bmp(4, 4, (1, 2, 3)));

        foreach (var path in new[] { files.WriteTarGz(folder["a.tar.gz"]), files.WriteZip(folder["a.zip"]) })
        {
            var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path));
            Assert.Contains(path, exception.Message, StringComparison.Ordinal);
            Assert.Contains(why.Split('|'), word => exception.Message.Contains(word, StringComparison.Ordinal));
            Assert.DoesNotContain(exception.Message, char.IsControl);
        }
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public async Task A_link_in_a_tar_is_refused(TarEntryType kind)
    {
        var path = ImageFiles.Create().WriteTarGz(folder["a.tar.gz"], new PaxTarEntry(kind, "train/ape/link.bmp") { LinkName = "/etc/passwd" });

        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path));

        Assert.Contains("'train/ape/link.bmp' is a link", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_in_a_zip_is_refused()
    {
        var path = ImageFiles.Create().WriteZip(folder["a.zip"]);
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Update))
            archive.CreateEntry("train/ape/link.bmp").ExternalAttributes = unchecked((int)0xA1FF0000);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path));

        Assert.Contains("'train/ape/link.bmp' is a link", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_in_a_folder_is_refused()
    {
        ImageFiles.Create().WriteFolder(folder.Path);
        Directory.CreateSymbolicLink(folder["train", "loop"], folder.Path);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(folder.Path));

        Assert.Contains("'train/loop' is a link", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_within_the_folder_are_followed_where_that_is_asked_for()
    {
        var copied = ImageFiles.Create().WriteFolder(folder["copied"]);
        ImageFiles.Create().WriteFolder(folder["linked"]);
        Directory.CreateDirectory(folder["linked", ".pool"]);
        Directory.Move(folder["linked", "test"], folder["linked", ".pool", "held-out"]);
        File.Move(folder["linked", "train", "ape", "0000.bmp"], folder["linked", ".pool", "an ape"]);
        Directory.CreateSymbolicLink(folder["linked", "test"], Path.Combine(".pool", "held-out"));
        File.CreateSymbolicLink(folder["linked", "train", "ape", "0000.bmp"], folder["linked", ".pool", "chain"]);
        File.CreateSymbolicLink(folder["linked", ".pool", "chain"], "an ape");
        Directory.CreateSymbolicLink(folder["by another name"], folder["linked"]);

        var expected = await LoadAsync(copied);

        foreach (var path in (string[])[folder["linked"], folder["by another name"]])
        {
            var linked = await new ImagesSource(path, SourceForm.AsIs with { FollowsLinks = true }).LoadAsync(progress: null, TestContext.Current.CancellationToken);
            Assert.Equal(expected.Sha256, linked.Sha256);
        }
    }

    [Theory]
    [InlineData("train/ape/link.bmp", "../../../outside.bmp", "'train/ape/link.bmp' is a link out of the folder; expected one to what is in it")]
    [InlineData("train/ape/link.bmp", "nothing.bmp", "'train/ape/link.bmp' is a link to nothing")]
    [InlineData("train/ape/link.bmp", "link.bmp", "'train/ape/link.bmp' is a link to nothing")]
    [InlineData("train/ape/up", "..", "'train/ape/up' is a link to a folder that it is in")]
    [InlineData("train/ape/self", ".", "'train/ape/self' is a link to a folder that it is in")]
    [InlineData("train/ape/root", "../..", "'train/ape/root' is a link to a folder that it is in")]
    [InlineData("train/ape/out", "../../..", "'train/ape/out' is a link out of the folder; expected one to what is in it")]
    public async Task A_link_that_leads_nowhere_within_is_refused_though_links_are_followed(string link, string target, string why)
    {
        ImageFiles.Create().WriteFolder(folder["data"]);
        await File.WriteAllBytesAsync(folder["outside.bmp"], [1], TestContext.Current.CancellationToken);
        Directory.CreateSymbolicLink(folder["data", link], target);

        var exception = await Assert.ThrowsAsync<DatasetException>(
            () => new ImagesSource(folder["data"], SourceForm.AsIs with { FollowsLinks = true }).LoadAsync(progress: null, TestContext.Current.CancellationToken));

        Assert.Equal($"{folder["data"]}: refused: {why}", exception.Message);
    }

    [Fact]
    public async Task Links_that_lead_to_each_other_are_refused()
    {
        ImageFiles.Create().WriteFolder(folder["data"]);
        Directory.CreateDirectory(folder["data", ".a"]);
        Directory.CreateDirectory(folder["data", ".b"]);
        Directory.CreateSymbolicLink(folder["data", ".a", "b"], Path.Combine("..", ".b"));
        Directory.CreateSymbolicLink(folder["data", ".b", "a"], Path.Combine("..", ".a"));

        var exception = await Assert.ThrowsAsync<DatasetException>(
            () => new ImagesSource(folder["data"], SourceForm.AsIs with { FollowsLinks = true }).LoadAsync(progress: null, TestContext.Current.CancellationToken));

        Assert.Contains(" is a link to a folder that it is in", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_in_a_folder_is_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "it has no pipes in folders");
        ImageFiles.Create().WriteFolder(folder.Path);
        using (var made = Process.Start("mkfifo", folder["train", "ape", "pipe.bmp"]))
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);

        var loading = Task.Run(() => LoadAsync(folder.Path), TestContext.Current.CancellationToken);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => loading.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        Assert.Contains("train/ape/pipe.bmp", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_more_than_16_MB_is_refused() =>
        await AssertRefusedAsync(ImageFiles.Create().With("train/ape/0000.bmp", new byte[16_000_001]), "train/ape/0000.bmp", "16,000,001 bytes");

    [Fact]
    public async Task A_file_that_is_there_twice_is_refused()
    {
        var files = ImageFiles.Create();
        files.Add(files[0]);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(files.WriteTarGz(folder["a.tar.gz"])));

        Assert.Contains("train/ape/0000.bmp: there twice", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_test_split_it_is_refused() =>
        await AssertRefusedAsync(ImageFiles.Create().Without(name => name.StartsWith("test", StringComparison.Ordinal)), "no test images");

    [Fact]
    public async Task Without_a_train_split_it_is_refused() =>
        await AssertRefusedAsync(ImageFiles.Create().Without(name => name.StartsWith("train", StringComparison.Ordinal)), "no training images");

    [Fact]
    public async Task One_class_is_refused() =>
        await AssertRefusedAsync(ImageFiles.Create().Without(name => !name.Contains("ape", StringComparison.Ordinal)), "1 classes", "expected 2 to 256");

    [Theory]
    [InlineData(257)]
    [InlineData(5000)]
    public async Task More_classes_than_a_byte_can_tell_are_refused(int classes)
    {
        var files = ImageFiles.Create(train: 0);
        for (var label = 0; label < classes; label++)
            files.Add(($"train/{label:D3}/0.bmp", ImageFiles.Bmp(4, 4, (1, 2, 3))));

        await AssertRefusedAsync(files, $"{classes} classes", "expected 2 to 256");
    }

    [Fact]
    public async Task A_class_that_is_only_tested_is_refused() =>
        await AssertRefusedAsync(ImageFiles.Create().With("test/dog/0.bmp", ImageFiles.Bmp(4, 4, (1, 2, 3))), "test/dog/0.bmp", "no training images");

    [Theory]
    [InlineData("train/0000.bmp")]
    [InlineData("train/ape/more/0000.bmp")]
    [InlineData("validation/ape/0000.bmp")]
    public async Task A_file_in_another_layout_is_refused_with_its_name(string name) =>
        await AssertRefusedAsync(ImageFiles.Create().With(name, ImageFiles.Bmp(4, 4, (1, 2, 3))), name, "expected train/<class>/<image>");

    [Theory]
    [InlineData("Train", "TEST")]
    [InlineData("TRAIN", "val")]
    [InlineData("train", "Valid")]
    [InlineData("train", "validation")]
    public async Task Splits_are_known_by_other_names_too(string train, string test)
    {
        var plain = await LoadAsync(ImageFiles.Create().WriteZip(folder["plain.zip"]));
        var renamed = new Files();
        renamed.AddRange(ImageFiles.Create().Select(
            file => (file.Name.Replace("train/", $"{train}/", StringComparison.Ordinal).Replace("test/", $"{test}/", StringComparison.Ordinal), file.Content)));

        Assert.Equal(plain.Sha256, (await LoadAsync(renamed.WriteZip(folder["renamed.zip"]))).Sha256);
    }

    [Theory]
    [InlineData("val/ape/0.bmp", "'test' and 'val' are both for testing")]
    [InlineData("Train/ape/0.bmp", "'Train' and 'train' are both for training")]
    public async Task Two_folders_for_one_split_are_refused(string name, string why) =>
        await AssertRefusedAsync(ImageFiles.Create().With(name, ImageFiles.Bmp(4, 4, (1, 2, 3))), why);

    [Theory]
    [InlineData("caf\u00E9", "cafe\u0301")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\u304B\u3099", "\u304C")]
    [InlineData("\u0439", "\u0438\u0306")]
    [InlineData("\u03AC", "\u03B1\u0301")]
    [InlineData("\u1EC7", "e\u0323\u0302")]
    [InlineData("\u1EC7", "e\u0302\u0323")]
    [InlineData("\u212B", "\u00C5")]
    public async Task A_class_in_two_forms_of_Unicode_is_refused(string first, string second)
    {
        var image = ImageFiles.Bmp(4, 4, (1, 2, 3));

        await AssertRefusedAsync(ImageFiles.Create().With($"train/{first}/0.bmp", image).With($"train/{second}/1.bmp", image), $"'{first}'", $"'{second}'");
        await AssertRefusedAsync(ImageFiles.Create().With($"train/{first}/0.bmp", image).With($"test/{second}/1.bmp", image), $"'{first}'", $"'{second}'");
    }

    [Theory]
    [InlineData("caf\u00E9", "cafe")]
    [InlineData("caf\u00E9", "cafx\u00E9")]
    [InlineData("e\u0301", "e\u0300")]
    [InlineData("\u00E9", "e\u0300")]
    [InlineData("\u00E9", "a\u0301")]
    [InlineData("\u304C", "\u304D\u3099")]
    [InlineData("cat", "dog")]
    [InlineData("\uD55C", "\uAE00")]
    [InlineData("\u0915\u0932\u093E", "\u0915\u093E\u0932\u093E")]
    [InlineData("\u0E04\u0E19", "\u0E04\u0E37\u0E19")]
    [InlineData("\u65E5", "e\u0301")]
    [InlineData("\u0438", "e\u0301")]
    public async Task Classes_that_look_alike_are_two(string first, string second)
    {
        var image = ImageFiles.Bmp(4, 4, (1, 2, 3));
        var files = new Files { ($"train/{first}/0.bmp", image), ($"train/{second}/0.bmp", image), ($"test/{first}/0.bmp", image) };

        Assert.Equal(2, (await LoadAsync(files.WriteTarGz(folder["a.tar.gz"]))).Classes.Count);
    }

    [Fact]
    public async Task Images_without_a_colour_have_one_channel()
    {
        var files = new Files { ("train/ape/0.png", ImageFiles.Png(4, 3, 77)), ("train/bee/0.png", ImageFiles.Png(4, 3, 5, 5, 5)), ("test/ape/0.png", ImageFiles.Png(4, 3, 78)) };

        var grey = await LoadAsync(files.WriteFolder(folder["grey"]));
        var coloured = await LoadAsync(files.With("test/bee/0.png", ImageFiles.Png(4, 3, 1, 2, 3)).WriteFolder(folder["coloured"]));

        Assert.Equal(new ImageShape(1, 3, 4), grey.Shape);
        Assert.Equal([0, .. Enumerable.Repeat<byte>(77, 12)], grey.Train.Record(0).ToArray());
        Assert.Equal([0, .. Enumerable.Repeat<byte>(78, 12)], grey.Test.Record(0).ToArray());
        Assert.Equal(new ImageShape(3, 3, 4), coloured.Shape);
        Assert.Equal([0, .. Enumerable.Repeat<byte>(77, 36)], coloured.Train.Record(0).ToArray());
    }

    [Fact]
    public async Task Images_of_several_sizes_are_resized_to_one()
    {
        var files = ImageFiles.Create().With("train/ape/0000.bmp", ImageFiles.Bmp(8, 2, (9, 8, 7))).With("test/bee/0000.bmp", ImageFiles.Bmp(1, 1, (3, 2, 1)));

        var dataset = await LoadAsync(files.WriteFolder(folder["sizes"]), new SourceForm((5, 3), null));

        Assert.Equal(new ImageShape(3, 3, 5), dataset.Shape);
        Assert.Equal([0, .. Enumerable.Repeat<byte>(9, 15), .. Enumerable.Repeat<byte>(8, 15), .. Enumerable.Repeat<byte>(7, 15)], dataset.Train.Record(0).ToArray());
        await AssertRefusedAsync(files, "All images must have one size, or be resized to one");
    }

    [Fact]
    public async Task A_share_of_each_class_becomes_the_test_set_where_images_are_not_divided()
    {
        var files = new Files();
        foreach (var (name, count) in new[] { ("ape", 10), ("bee", 5), ("cat", 2) })
            files.AddRange(Enumerable.Range(0, count).Select(index => ($"{name}/{index:D2}.bmp", ImageFiles.Bmp(2, 2, ((byte)index, 100, (byte)name[0])))));
        var form = new SourceForm(null, 0.3);

        var plain = await LoadAsync(files.WriteFolder(folder["plain"]), form);
        var packed = await LoadAsync(files.Reversed().Under("pets").WriteZip(folder["packed.zip"]), form);

        Assert.Equal(["ape", "bee", "cat"], plain.Classes);
        Assert.Equal([3, 2, 1], Enumerable.Range(0, 3).Select(label => Enumerable.Range(0, plain.Test.Count).Count(index => plain.Test.Label(index) == label)));
        Assert.Equal(17, plain.Train.Count + plain.Test.Count);
        Assert.Equal(plain.Sha256, packed.Sha256);
    }

    [Theory]
    [InlineData("train/ape/0.bmp", "testFraction", "divided already")]
    [InlineData("a/b/ape/0.bmp", "expected <class>/<image>")]
    [InlineData("ape/1.bmp", "class 'dog' has one image")]
    public async Task Images_that_can_not_be_divided_are_refused(string name, params string[] words)
    {
        var image = ImageFiles.Bmp(2, 2, (1, 2, 3));
        var files = new Files { ("ape/0.bmp", image), ("dog/0.bmp", image), (name, image) };

        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(files.WriteFolder(folder["odd"]), new SourceForm(null, 0.5)));

        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_list_beside_the_images_says_their_order_their_classes_and_their_channels()
    {
        var files = ListedFiles();

        var fromFolder = await LoadAsync(files.WriteFolder(folder["plain"]));
        var fromZip = await LoadAsync(files.Under("client-0").WriteZip(folder["a.zip"]));

        Assert.Equal(Listing.Classes, fromFolder.Classes);
        Assert.Equal([2, 3, 2], Enumerable.Range(0, 3).Select(index => fromFolder.Train.Label(index)));
        Assert.Equal([1, 2, 0], Enumerable.Range(0, 3).Select(index => (int)fromFolder.Train.Pixels(index)[^1]));
        Assert.Equal(0, fromFolder.Test.Count);
        Assert.Equal(fromFolder.Sha256, fromZip.Sha256);
    }

    [Fact]
    public async Task Grey_images_have_the_channels_that_their_list_says()
    {
        var files = new Files().With("train/bee/0.png", ImageFiles.Png(4, 4, 77));
        var list = new ImageList(1, ["ape", "bee"], 3, ["train/bee/0.png"], []);

        var ofColourfulData = await LoadAsync(files.Listed(list).WriteFolder(folder["colour"]));
        var grey = await LoadAsync(files.Listed(list with { Channels = 1 }).WriteFolder(folder["grey"]));

        Assert.Equal((3, 1), (ofColourfulData.Shape.Channels, grey.Shape.Channels));
    }

    [Theory]
    [InlineData("""{"version":1,"classes":["ape","bee"],"channels":3,"train":["train/ape/0.bmp"],"validation":[]}""", "has no 'train/bee/0.bmp'", "which is there")]
    [InlineData("""{"version":1,"classes":["ape","bee"],"channels":3,"train":["train/ape/0.bmp","train/bee/0.bmp","train/bee/1.bmp"],"validation":[]}""", "train/bee/1.bmp", "isn't there")]
    [InlineData("""{"version":1,"classes":["ape","bee"],"channels":3,"train":["train/ape/0.bmp","train/bee/0.bmp","train/bee/0.bmp"],"validation":[]}""", "train/bee/0.bmp", "twice")]
    [InlineData("""{"version":1,"classes":["ape","bee"],"channels":3,"train":["train/ape/0.bmp"],"validation":["train/bee/0.bmp"]}""", "train/bee/0.bmp", "among the images to evaluate on")]
    [InlineData("""{"version":1,"classes":["ape","cat"],"channels":3,"train":["train/ape/0.bmp","train/bee/0.bmp"],"validation":[]}""", "no class 'bee'")]
    [InlineData("""{"version":1,"classes":["ape","bee"],"channels":1,"train":["train/ape/0.bmp","train/bee/0.bmp"],"validation":[]}""", "one channel", "a colour")]
    [InlineData("""{"version":1,"classes":["ape","ape"],"channels":3,"train":["train/ape/0.bmp"],"validation":[]}""", "2 classes")]
    [InlineData("""{"version":1,"classes":["ape","bee"],"channels":2,"train":["train/ape/0.bmp"],"validation":[]}""", "2 channels")]
    [InlineData("""{"version":1,"classes":["ape","bee"],"channels":3,"train":[],"validation":[]}""", "no images to train on")]
    [InlineData("""{"version":2,"classes":["ape","bee"],"channels":3,"train":[],"validation":[]}""", "version 2; expected 1")]
    [InlineData("[1", "no list of images")]
    public async Task A_list_that_does_not_fit_the_images_is_refused(string list, params string[] words) =>
        await AssertRefusedAsync(
            new Files()
                .With("train/ape/0.bmp", ImageFiles.Bmp(4, 4, (1, 2, 3)))
                .With("train/bee/0.bmp", ImageFiles.Bmp(4, 4, (4, 5, 6)))
                .With(ImageList.FileName, Encoding.UTF8.GetBytes(list)),
            [ImageList.FileName, .. words]);

    [Fact]
    public async Task Several_clients_folders_are_not_one_data_set()
    {
        var files = ListedFiles().Under("client-0");
        files.AddRange(ListedFiles().Under("client-1"));

        await AssertRefusedAsync(files, ImageList.FileName, "name the folder of one client");
    }

    [Fact]
    public async Task Two_folders_above_the_splits_are_refused()
    {
        var files = ImageFiles.Create().Under("one");
        files.AddRange(ImageFiles.Create().Under("two"));

        await AssertRefusedAsync(files, "'one'", "'two'");
    }

    [Fact]
    public async Task An_archive_that_is_cut_between_two_files_is_refused()
    {
        const int endOfArchive = 1024;
        var tar = ImageFiles.Create().ToTar();
        var path = folder.Write("cut.tar.gz", Files.Compress(tar[..^endOfArchive]));

        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path));

        Assert.Contains("truncated", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_reaches_the_number_of_images()
    {
        var seen = new List<DatasetProgress>();

        await new ImagesSource(ImageFiles.Create().WriteFolder(folder.Path), SourceForm.AsIs).LoadAsync(new Collecting(seen), TestContext.Current.CancellationToken);

        Assert.Contains(new DatasetProgress(DatasetStage.Decoding, 15, 15), seen);
    }

    private static ImageList Listing { get; } = new(
        1, ["yak", "ant", "bee", "ape", "cat"], 3,
        ["train/bee/0001.bmp", "train/ape/0002.bmp", "train/bee/0000.bmp"], []);

    private static Files ListedFiles() => ImageFiles.Create().Without(name => !Listing.Train.Contains(name)).Listed(Listing);

    private static void AssertImages(ImageExamples examples, bool isTrain, int perClass)
    {
        for (var index = 0; index < examples.Count; index++)
        {
            var colour = ImageFiles.Colour(isTrain, index / perClass, index % perClass);
            Assert.Equal(index / perClass, examples.Label(index));
            Assert.Equal(
                [.. Enumerable.Repeat(colour.R, 16), .. Enumerable.Repeat(colour.G, 16), .. Enumerable.Repeat(colour.B, 16)], examples.Pixels(index).ToArray());
        }
    }

    private static Task<ImageDataset> LoadAsync(string path, SourceForm? form = null) => new ImagesSource(path, form ?? SourceForm.AsIs).LoadAsync(null, TestContext.Current.CancellationToken);

    private async Task AssertRefusedAsync(Files files, params string[] words)
    {
        var path = files.WriteTarGz(folder["refused.tar.gz"]);
        var exception = await Assert.ThrowsAsync<DatasetException>(() => LoadAsync(path));
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
    }

    private sealed class Collecting(List<DatasetProgress> seen) : IProgress<DatasetProgress>
    {
        public void Report(DatasetProgress value)
        {
            lock (seen)
                seen.Add(value);
        }
    }
}
