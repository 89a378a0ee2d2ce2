using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Tests.Storage;

public sealed class FileArtifactStoreTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("fldurable-store-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task What_is_put_is_read_and_found()
    {
        var store = new FileArtifactStore(root);

        var reference = await store.PutAsync("federations/a/spec.json", "content"u8.ToArray(), Cancel);

        Assert.Equal(
            new ArtifactReference("federations/a/spec.json", 7, "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"), reference);
        Assert.Equal("content"u8.ToArray(), await store.ReadAsync(reference, Cancel));
        Assert.Equal(reference, await new FileArtifactStore(root).FindAsync(reference.Name, Cancel));
    }

    [Fact]
    public async Task The_first_writer_wins_and_the_second_learns_what_is_there()
    {
        var store = new FileArtifactStore(root);
        var first = await store.PutAsync("a/b", "first"u8.ToArray(), Cancel);

        var second = await store.PutAsync("a/b", "second"u8.ToArray(), Cancel);

        Assert.Equal(first, second);
        Assert.Equal("first"u8.ToArray(), await store.ReadAsync(first, Cancel));
    }

    [Fact]
    public async Task Of_many_writers_at_once_one_wins_and_all_learn_which()
    {
        var store = new FileArtifactStore(root);

        var references = await Task.WhenAll(Enumerable.Range(0, 32).Select(writer =>
            Task.Run(() => store.PutAsync("a/b/c", BitConverter.GetBytes(writer), Cancel), Cancel)));

        Assert.Single(references.Distinct());
        Assert.Equal(4, (await store.ReadAsync(references[0], Cancel)).Length);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(root, ".staging")));
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_and_missing()
    {
        var store = new FileArtifactStore(root);

        Assert.Null(await store.FindAsync("a/b", Cancel));
        var missing = await Assert.ThrowsAsync<ArtifactMissingException>(() => store.ReadAsync(new ArtifactReference("a/b", 1, ""), Cancel));
        Assert.Contains("'a/b'", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("conten", "is 6 bytes long, expected 7")]
    [InlineData("kontent", "has SHA-256")]
    public async Task Content_that_is_not_what_the_reference_says_is_corrupt(string damaged, string because)
    {
        var reference = await new FileArtifactStore(root).PutAsync("a/b", "content"u8.ToArray(), Cancel);
        await File.WriteAllTextAsync(Path.Combine(root, "a/b"), damaged, Cancel);

        var corrupt = await Assert.ThrowsAsync<ArtifactCorruptException>(() => new FileArtifactStore(root).ReadAsync(reference, Cancel));
        Assert.Contains(because, corrupt.Message, StringComparison.Ordinal);
        Assert.Contains("'a/b'", corrupt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deleting_a_folder_deletes_what_is_in_it_and_nothing_else_and_may_be_done_twice()
    {
        var store = new FileArtifactStore(root);
        await store.PutAsync("updates/a/000001/x", "1"u8.ToArray(), Cancel);
        var other = await store.PutAsync("updates/a/000011/x", "2"u8.ToArray(), Cancel);

        await store.DeleteAsync("updates/a/000001/", Cancel);
        await store.DeleteAsync("updates/a/000001/", Cancel);

        Assert.Null(await store.FindAsync("updates/a/000001/x", Cancel));
        Assert.Equal(other, await store.FindAsync("updates/a/000011/x", Cancel));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/passwd")]
    [InlineData(".staging/x")]
    public async Task A_name_that_is_no_artifact_name_is_refused(string name)
    {
        var store = new FileArtifactStore(root);

        await Assert.ThrowsAsync<ArgumentException>(() => store.PutAsync(name, "x"u8.ToArray(), Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => store.FindAsync(name, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => store.DeleteAsync($"{name}/", Cancel));
    }

    [Fact]
    public async Task A_folder_where_a_file_should_be_is_one_clear_error()
    {
        Directory.CreateDirectory(Path.Combine(root, "a/b"));

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => new FileArtifactStore(root).PutAsync("a/b", "x"u8.ToArray(), Cancel));

        Assert.Contains("'a/b' can't be", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_that_is_a_file_is_one_clear_error()
    {
        var file = Path.Combine(root, "file");
        File.WriteAllText(file, "");

        Assert.Contains(file, Assert.Throws<ArtifactStoreException>(() => new FileArtifactStore(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_dead_writers_left_is_swept_when_it_is_old()
    {
        var staging = Directory.CreateDirectory(Path.Combine(root, ".staging")).FullName;
        var old = Path.Combine(staging, "old");
        var fresh = Path.Combine(staging, "fresh");
        File.WriteAllText(old, "");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        File.WriteAllText(fresh, "");

        _ = new FileArtifactStore(root);

        Assert.False(File.Exists(old));
        Assert.True(File.Exists(fresh));
    }
}
