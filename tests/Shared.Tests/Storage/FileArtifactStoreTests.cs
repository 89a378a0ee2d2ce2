using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Tests.Storage;

/// <summary>What only the file store does; what every store promises is in tests/Storage.Tests.</summary>
public sealed class FileArtifactStoreTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("fldurable-store-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Writers_leave_nothing_aside_whether_they_win_or_not()
    {
        var store = new FileArtifactStore(root);

        await Task.WhenAll(Enumerable.Range(0, 32).Select(writer =>
            Task.Run(() => store.PutAsync("a/b/c", BitConverter.GetBytes(writer), Cancel), Cancel)));

        Assert.Empty(Directory.EnumerateFiles(Path.Combine(root, ".staging")));
    }

    [Fact]
    public async Task A_folder_where_a_file_should_be_is_one_clear_error()
    {
        Directory.CreateDirectory(Path.Combine(root, "a/b"));

        var store = new FileArtifactStore(root);
        var reference = new ArtifactReference("a/b", 1, new string('0', 64));
        Func<Task>[] uses =
        [
            () => store.PutAsync("a/b", "x"u8.ToArray(), Cancel),
            () => store.FindAsync("a/b", Cancel),
            () => store.ReadAsync(reference, Cancel),
            () => store.ReadRangeAsync(reference, 0, new byte[1], Cancel),
        ];

        foreach (var use in uses)
        {
            var error = await Assert.ThrowsAsync<ArtifactCorruptException>(use);
            Assert.Equal($"artifact 'a/b' is damaged: under '{root}' a folder is in its place, to be moved away", error.Message);
            Assert.Equal(FailureKind.HostForGood, FailureKinds.Of(error));
        }
    }

    [Fact]
    public async Task A_root_that_is_a_file_is_one_clear_error()
    {
        var file = Path.Combine(root, "file");
        await File.WriteAllTextAsync(file, "", Cancel);

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => new FileArtifactStore(file).PutAsync("a/b", "x"u8.ToArray(), Cancel));

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_damaged_after_it_was_read_is_corrupt_in_the_same_process_too()
    {
        var store = new FileArtifactStore(root);
        var reference = await store.PutAsync("a/b", "content"u8.ToArray(), Cancel);
        await store.ReadAsync(reference, Cancel);
        await File.WriteAllTextAsync(Path.Combine(root, "a/b"), "kontent", Cancel);

        await Assert.ThrowsAsync<ArtifactCorruptException>(() => store.ReadAsync(reference, Cancel));
    }

    [Fact]
    public async Task Of_a_file_that_is_too_long_nothing_is_read()
    {
        var store = new FileArtifactStore(root);
        var reference = await store.PutAsync("a/b", "content"u8.ToArray(), Cancel);
        await using (var file = File.OpenWrite(Path.Combine(root, "a/b")))
            file.SetLength(100L << 30);

        var corrupt = await Assert.ThrowsAsync<ArtifactCorruptException>(() => store.ReadAsync(reference, Cancel));

        Assert.Contains("is 107374182400 bytes long, expected 7", corrupt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Looking_for_an_artifact_makes_nothing()
    {
        var nowhere = Path.Combine(root, "nowhere");

        Assert.Null(await new FileArtifactStore(nowhere).FindAsync("a/b", Cancel));

        Assert.False(Directory.Exists(nowhere));
    }

    [Fact]
    public async Task What_dead_writers_left_is_swept_when_it_is_old()
    {
        var staging = Directory.CreateDirectory(Path.Combine(root, ".staging")).FullName;
        var old = Path.Combine(staging, "old");
        var fresh = Path.Combine(staging, "fresh");
        await File.WriteAllTextAsync(old, "", Cancel);
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        await File.WriteAllTextAsync(fresh, "", Cancel);

        await new FileArtifactStore(root).PutAsync("a/b", "x"u8.ToArray(), Cancel);

        Assert.False(File.Exists(old));
        Assert.True(File.Exists(fresh));
    }
}
