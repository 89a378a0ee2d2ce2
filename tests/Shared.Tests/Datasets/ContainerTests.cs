using System.Diagnostics;
using System.IO.Compression;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class ContainerTests : IDisposable
{
    private static readonly Files Small = new() { ("a/one", [1, 2, 3]), ("a/two", [.. Enumerable.Range(0, 2000).Select(value => (byte)value)]), ("three", []) };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void All_containers_give_the_same_files()
    {
        var tar = Small.ToTar();
        string[] paths =
        [
            Small.WriteFolder(folder["plain"]), Small.WriteZip(folder["a.zip"]), Small.WriteTarGz(folder["a.tar.gz"]),
            folder.Write("a.tar", tar), folder.Write("plain-tar-named.tar.gz", tar), folder.Write("zip-named.tgz", File.ReadAllBytes(folder["a.zip"])),
            folder.Write("own.tar", new TarBuilder().AddAll(Small).Build()),
        ];

        Assert.All(paths, path => Assert.Equal(Listed(Small), Read(path)));
    }

    [Fact]
    public void Concatenated_gzip_members_are_one_archive()
    {
        var tar = Small.ToTar();
        var random = new Random(1);
        var noise = new byte[40_000];
        random.NextBytes(noise);
        var large = new TarBuilder().Add("noise", noise).Build();

        foreach (var (content, files) in new[] { (tar, Small), (large, new Files { ("noise", noise) }) })
        {
            foreach (var cut in new[] { 1, 511, 512, content.Length - 1 })
            {
                var path = folder.Write("two.tar.gz", [.. Files.Compress(content[..cut]), .. Files.Compress(content[cut..])]);
                Assert.Equal(Listed(files), Read(path));
            }
        }
    }

    [Fact]
    public void A_gzip_file_that_is_cut_anywhere_is_refused()
    {
        var whole = Files.Compress(Small.ToTar());

        for (var length = 3; length < whole.Length; length++)
            AssertRefused(folder.Write("cut.tar.gz", whole[..length]));
    }

    [Fact]
    public void A_tar_that_is_cut_anywhere_is_refused()
    {
        // TarWriter ends with two blocks of zeros.
        var whole = Small.ToTar();

        for (var length = 512; length < whole.Length; length += 100)
            AssertRefused(folder.Write("cut.tar", whole[..length]), "truncated");
    }

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    [InlineData(1)]
    public void A_gzip_file_without_the_last_bytes_of_its_checksum_is_refused(int missing) =>
        AssertRefused(folder.Write("cut.tar.gz", Files.Compress(Small.ToTar())[..^missing]), "truncated");

    [Theory]
    [InlineData(8)]
    [InlineData(1)]
    public void A_gzip_file_with_a_wrong_checksum_or_length_is_refused(int fromEnd)
    {
        var whole = Files.Compress(Small.ToTar());
        whole[^fromEnd] ^= 1;

        AssertRefused(folder.Write("wrong.tar.gz", whole), "damaged");
    }

    [Fact]
    public void Any_flipped_bit_of_a_tars_header_is_refused()
    {
        var whole = new TarBuilder().Add("one", [1, 2, 3]).Add("two", [4]).Build();

        for (var bit = 8 * 1024; bit < 8 * 1536; bit++)
        {
            var damaged = whole.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            if (Record.Exception(() => Read(folder.Write("flipped.tar", damaged))) is not DatasetException)
                Assert.Equal(Listed(new Files { ("one", [1, 2, 3]), ("two", [4]) }), Read(folder["flipped.tar"])); // a blank or zero of the checksum
        }
    }

    [Fact]
    public void A_wrong_header_checksum_is_refused_with_the_entry_before()
    {
        var header = TarBuilder.Header("two", "00000000001", '0');
        header[0] = (byte)'x';

        AssertRefused(folder.Write("wrong.tar", new TarBuilder().Add("one", [1]).AddBlocks(header, [1]).Build()), "after one", "wrong checksum");
    }

    [Fact]
    public void An_entry_of_a_zip_with_a_wrong_checksum_is_refused_with_its_name()
    {
        var path = Small.WriteZip(folder["a.zip"]);
        var content = File.ReadAllBytes(path);
        var directory = content.AsSpan().IndexOf("PK\x1\x2"u8);
        content[directory + 16] ^= 1;
        File.WriteAllBytes(path, content);

        AssertRefused(path, "a/one", "checksum");
    }

    [Fact]
    public void Backslashes_in_a_zip_are_read_like_slashes()
    {
        var windows = new Files();
        windows.AddRange(Small.Select(file => (file.Name.Replace('/', '\\'), file.Content)));
        var path = windows.WriteZip(folder["a.zip"]);
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Update))
            archive.CreateEntry("folder\\");

        Assert.Equal(Listed(Small), Read(path));
    }

    [Fact]
    public void Long_names_of_both_kinds_of_tar_are_read()
    {
        var name = string.Join('/', Enumerable.Repeat("folder-of-images", 12)) + "/é.png";
        byte[] attributes = [.. TarBuilder.Attribute("mtime", "1.5"), .. TarBuilder.Attribute("path", name)];
        TarBuilder[] archives =
        [
            new TarBuilder().Add("././@LongLink", [.. System.Text.Encoding.UTF8.GetBytes(name), 0], 'L').Add(name[..99], [7]),
            new TarBuilder().Add("PaxHeaders/x", attributes, 'x').Add("short", [7]),
            new TarBuilder().Add("global", TarBuilder.Attribute("comment", "a"), 'g').Add("PaxHeaders/x", attributes, 'x').Add("short", [7]),
        ];

        Assert.All(archives, archive => Assert.Equal(Listed(new Files { (name, [7]) }), Read(folder.Write("a.tar", archive.Build()))));
    }

    [Fact]
    public void The_beginning_of_a_name_is_POSIX_and_not_GNUs()
    {
        var gnu = TarBuilder.Header("one", "00000000001", '0', magic: "ustar  \0", prefix: "12345670123");

        Assert.Equal(Listed(new Files { ("top/one", [7]) }), Read(folder.Write("posix.tar", new TarBuilder().Add("one", [7], prefix: "top").Build())));
        Assert.Equal(Listed(new Files { ("one", [7]) }), Read(folder.Write("gnu.tar", new TarBuilder().AddBlocks(gnu, [7]).Build())));
    }

    [Fact]
    public void Large_lengths_are_read_as_GNU_and_pax_write_them()
    {
        var binary = TarBuilder.Header("one", "\u0080\0\0\0\0\0\0\0\0\0\0\u0001", '0');
        var attribute = new TarBuilder().Add("x", TarBuilder.Attribute("size", "1"), 'x').AddBlocks(TarBuilder.Header("one", "00000000000", '0'), [7]);

        Assert.Equal(Listed(new Files { ("one", [7]) }), Read(folder.Write("binary.tar", new TarBuilder().AddBlocks(binary, [7]).Build())));
        Assert.Equal(Listed(new Files { ("one", [7]) }), Read(folder.Write("pax.tar", attribute.Build())));
    }

    [Theory]
    [InlineData("\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF", "negative or beyond")]
    [InlineData("\u0080\0\0\0\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF", "negative or beyond")]
    [InlineData("\u0081\0\0\0\0\0\0\0\0\0\0\0", "negative or beyond")]
    [InlineData("\u0080\0\0\0\u007F\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF", "bytes; all files together")]
    [InlineData("777777777777", "bytes; all files together")]
    [InlineData("0000000000x", "no number")]
    public void A_length_that_no_file_has_is_refused(string length, string why) =>
        AssertRefused(folder.Write("length.tar", new TarBuilder().AddBlocks(TarBuilder.Header("one", length, '0'), [1]).Build()), why);

    [Theory]
    [InlineData("size", "-1")]
    [InlineData("size", "99999999999999999999")]
    [InlineData("size", "one")]
    [InlineData("size", "9223372036854775807")]
    [InlineData("GNU.sparse.major", "1")]
    [InlineData("GNU.sparse.realsize", "5")]
    public void Attributes_that_lie_are_refused(string key, string value) =>
        AssertRefused(folder.Write("pax.tar", new TarBuilder().Add("x", TarBuilder.Attribute(key, value), 'x').Add("one", [1]).Build()), "pax.tar");

    [Theory]
    [InlineData("x")]
    [InlineData("0 a=b\n")]
    [InlineData("-5 a=b\n")]
    [InlineData("7 a=b\n")]
    [InlineData("5 a=b\n")]
    [InlineData("6 abc\n")]
    [InlineData("2147483648 a=b\n")]
    [InlineData("3 \n")]
    public void Attributes_that_are_none_are_refused(string records) =>
        AssertRefused(folder.Write("pax.tar", new TarBuilder().Add("x", System.Text.Encoding.ASCII.GetBytes(records), 'x').Add("one", [1]).Build()), "pax");

    [Theory]
    [InlineData('S', "sparse")]
    [InlineData('3', "neither a file nor a folder")]
    [InlineData('6', "neither a file nor a folder")]
    [InlineData('M', "neither a file nor a folder")]
    [InlineData('1', "is a link")]
    public void What_is_no_file_is_refused_with_its_name(char type, string why) =>
        AssertRefused(folder.Write("other.tar", new TarBuilder().Add("train/a/it", [], type).Build()), "'train/a/it'", why);

    [Theory]
    [InlineData('L')]
    [InlineData('K')]
    [InlineData('x')]
    [InlineData('g')]
    public void A_name_or_attributes_of_2_GB_take_no_memory(char type)
    {
        var path = folder["bomb.tar.gz"];
        using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
        {
            gzip.Write(TarBuilder.Header("././@LongLink", "20000000000", type));
            var zeros = new byte[1 << 20];
            for (var written = 0; written < 50; written++)
                gzip.Write(zeros);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();

        AssertRefused(path, "2,147,483,648 bytes");

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData('L')]
    [InlineData('x')]
    public void A_name_or_attributes_longer_than_any_files_are_refused(char type) =>
        AssertRefused(folder.Write("long.tar", new TarBuilder().Add("././@LongLink", new byte[65_537], type).Build()), "65,537 bytes", "at most 65,536");

    [Fact]
    public void The_end_of_a_gzip_file_is_looked_for_behind_the_archives_end()
    {
        // Stored as they are, the zeros behind the archive could go on with whatever follows them.
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.NoCompression, leaveOpen: true))
            gzip.Write([.. Small.ToTar(), .. new byte[10_000]]);
        var whole = packed.ToArray();

        Assert.Equal(Listed(Small), Read(folder.Write("whole.tar.gz", whole)));
        AssertRefused(folder.Write("cut.tar.gz", whole[..^5_000]), "gzip's end is missing");
    }

    [Fact]
    public void What_skips_in_an_archive_ends_when_it_is_cancelled()
    {
        var files = new Files { ("large", [.. Enumerable.Range(0, 1 << 20).Select(value => (byte)(value * 7919 >> 8))]), ("other", [1]) };
        string[] paths = [folder.Write("a.tar", files.ToTar()), files.WriteTarGz(folder["a.tar.gz"])];

        Assert.All(paths, path =>
        {
            using var cancelled = new CancellationTokenSource();
            using var found = FileContainer.Open(path).Files(cancelled.Token).GetEnumerator();
            Assert.True(found.MoveNext());
            cancelled.Cancel();

            Assert.Throws<OperationCanceledException>(() => found.MoveNext());
        });
    }

    [Fact]
    public void What_reads_or_hashes_a_file_ends_when_it_is_cancelled()
    {
        var files = new Files { ("large", new byte[1 << 20]) };
        string[] paths = [files.WriteFolder(folder["plain"]), files.WriteZip(folder["a.zip"]), folder.Write("a.tar", files.ToTar())];

        Assert.All(paths, path =>
        {
            using var cancelled = new CancellationTokenSource();
            using var found = FileContainer.Open(path).Files(cancelled.Token).GetEnumerator();
            Assert.True(found.MoveNext());
            cancelled.Cancel();

            Assert.Throws<OperationCanceledException>(() => found.Current.ReadAll());
            Assert.Throws<OperationCanceledException>(() => FileContainer.Open(path).ContentSha256(cancelled.Token));
        });
    }

    [Fact]
    public void The_list_of_a_zips_entries_is_read_within_a_limit()
    {
        var path = folder["many.zip"];
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            for (var entry = 0; entry < 5000; entry++)
                archive.CreateEntry($"train/ape/{entry:D9}.png");
        }

        Assert.Equal(5000, new ZipContainer(path, mostOfDirectory: 1_000_000).Files(TestContext.Current.CancellationToken).Count());
        var exception = Assert.Throws<DatasetException>(() => new ZipContainer(path, mostOfDirectory: 200_000).Files(TestContext.Current.CancellationToken).Count());
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains("its list of entries is longer than 200,000 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_a_zip_that_has_content_is_refused()
    {
        var files = new Files { ("train/ape/", [1, 2, 3]) };

        AssertRefused(files.WriteZip(folder["a.zip"]), "'train/ape'", "3 bytes", "a folder");
    }

    [Fact]
    public void A_large_file_in_a_folder_is_hashed_without_being_held()
    {
        folder.Write("plain/large", new byte[50_000_000]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        _ = FileContainer.Open(folder["plain"]).ContentSha256(TestContext.Current.CancellationToken);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Fact]
    public void The_same_folder_has_the_same_hash_and_a_longer_file_another()
    {
        Small.WriteFolder(folder["one"]);
        Small.WriteFolder(folder["two"]);
        Small.With("three", [0]).WriteFolder(folder["other"]);

        Assert.Equal(Hash("one"), Hash("two"));
        Assert.NotEqual(Hash("one"), Hash("other"));

        string Hash(string name) => FileContainer.Open(folder[name]).ContentSha256(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Names_without_end_are_refused()
    {
        var name = new string('x', 5000);

        AssertRefused(Small.With(name, [1]).WriteZip(folder["a.zip"]), "5,000 characters long", "xxx…");
    }

    [Theory]
    [InlineData("Rar!\u001A\u0007", "a RAR archive")]
    [InlineData("7z\u00BC\u00AF\u0027\u001C", "a 7z archive")]
    [InlineData("BZh91AY", "packed by bzip2")]
    [InlineData("\u00FD7zXZ\0", "packed by xz")]
    [InlineData("\u0028\u00B5\u002F\u00FD", "packed by Zstandard")]
    [InlineData("PK\u0005\u0006\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "a .zip without files")]
    [InlineData("\u0089PNG\r\n\u001A\n", "a single image")]
    [InlineData("<html>", "a web page")]
    [InlineData("", "an empty file, a pipe or a device")]
    public void A_file_of_another_kind_is_named_as_what_it_is(string content, string kind) =>
        AssertRefused(folder.Write("a.zip", System.Text.Encoding.Latin1.GetBytes(content)), kind, "expected a folder");

    [Fact]
    public async Task A_pipe_named_like_an_archive_is_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "it has no pipes in folders");
        using (var made = Process.Start("mkfifo", folder["pipe.zip"]))
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(folder["link.zip"], folder["pipe.zip"]);

        foreach (var name in new[] { "pipe.zip", "link.zip" })
        {
            var opening = Task.Run(() => AssertRefused(folder[name], "a pipe"), TestContext.Current.CancellationToken);
            await opening.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void An_archive_behind_a_link_is_read()
    {
        File.CreateSymbolicLink(folder["link.zip"], Small.WriteZip(folder["a.zip"]));

        Assert.Equal(Listed(Small), Read(folder["link.zip"]));
    }

    [Fact]
    public void Messages_are_in_our_own_words()
    {
        var path = Small.WriteZip(folder["a.zip"]);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^10]);

        var exception = Assert.Throws<DatasetException>(() => Read(path));

        Assert.Equal($"{path}: truncated or damaged. Get the file again.", exception.Message);
    }

    private static List<(string Name, string Content)> Read(string path) =>
        [.. FileContainer.Open(path).Files(TestContext.Current.CancellationToken).Select(file => (file.Name, Convert.ToHexString(file.ReadAll()))).Order()];

    private static List<(string Name, string Content)> Listed(Files files) =>
        [.. files.Select(file => (file.Name, Convert.ToHexString(file.Content))).Order()];

    private static void AssertRefused(string path, params string[] words)
    {
        var exception = Assert.Throws<DatasetException>(() => Read(path));
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
    }
}
