using System.Runtime.Versioning;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Places;

namespace FlDurable.LocalHost.Tests.CommandLine;

public sealed class WholeFileTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fldurable-whole-");

    private string Target => Path.Combine(folder.FullName, "file");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_content_is_flushed_before_the_name_is_given_and_the_name_after(bool isReplaced)
    {
        if (isReplaced)
            File.WriteAllText(Target, "old");
        var flush = new Steps(Target);

        new WholeFile { Flush = flush }.TryWrite(Target, "new"u8);

        Assert.Equal([$"3 bytes, and the name has {(isReplaced ? "old" : "nothing")}", $"names of {folder.FullName}, and the name has new"], flush.Taken);
    }

    [Fact]
    public void What_can_not_be_brought_to_the_disk_leaves_what_was_there()
    {
        File.WriteAllText(Target, "old");

        Assert.Throws<IOException>(() => new WholeFile { Flush = new Steps(Target, fails: true) }.TryWrite(Target, "new"u8));

        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Single(folder.GetFiles());
    }

    [Fact]
    public void An_older_file_that_is_to_stay_stays()
    {
        File.WriteAllText(Target, "old");

        var refused = Assert.Throws<IOException>(() => new WholeFile { KeepsOlder = true }.TryWrite(Target, "new"u8));

        Assert.DoesNotContain(".tmp", refused.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Single(folder.GetFiles());
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void What_a_killed_writer_left_is_no_part_of_a_file_that_has_one_writer()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files have no mode there");
        var left = $"{Target}.tmp";
        File.WriteAllText(left, "longer than what comes");
        File.SetUnixFileMode(left, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        (WholeFile.OfState with { Mode = UnixFileMode.UserRead }).TryWrite(Target, "new"u8);

        Assert.Equal("new", File.ReadAllText(Target));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(Target));
        Assert.Single(folder.GetFiles());
    }

    [Fact]
    public void Where_a_state_folder_has_its_artifacts_survives_a_power_loss()
    {
        var place = Path.Combine(folder.FullName, "storage");
        var flush = new Steps(place);
        var inBlobs = new StateFolder(folder.FullName, IsNamed: true)
        {
            Storage = StorageConnection.Of("UseDevelopmentStorage=true", static _ => null),
            Files = WholeFile.OfState with { Flush = flush },
        };

        StateArtifacts.KeepPlace(inBlobs);
        var kept = File.ReadAllText(place);
        StateArtifacts.KeepPlace(inBlobs with { Storage = null });

        Assert.Equal(
            [$"{kept.Length} bytes, and the name has nothing", $"names of {folder.FullName}, and the name has {kept}", $"names of {folder.FullName}, and the name has nothing"],
            flush.Taken);
        Assert.IsType<DiskFlush>(WholeFile.OfState.Flush);
    }

    /// <summary>Notes what a name leads to at each of the steps.</summary>
    private sealed class Steps(string name, bool fails = false) : IDiskFlush
    {
        public List<string> Taken { get; } = [];

        private string There => File.Exists(name) ? File.ReadAllText(name) : "nothing";

        public void Content(FileStream file)
        {
            if (fails)
                throw new IOException("the disk is full");
            Taken.Add($"{file.Length} bytes, and the name has {There}");
        }

        public void Names(string folder) => Taken.Add($"names of {folder}, and the name has {There}");
    }
}
