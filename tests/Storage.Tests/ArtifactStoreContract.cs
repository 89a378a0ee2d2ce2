using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

/// <summary>What every artifact store promises.</summary>
public abstract class ArtifactStoreContract
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_put_is_read_and_found()
    {
        var store = Open();

        var reference = await store.PutAsync("federations/a/spec.json", "content"u8.ToArray(), Cancel);

        Assert.Equal(
            new ArtifactReference("federations/a/spec.json", 7, "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"), reference);
        Assert.Equal("content"u8.ToArray(), await store.ReadAsync(reference, Cancel));
        Assert.Equal(reference, await Open().FindAsync(reference.Name, Cancel));
        Assert.Equal("content"u8.ToArray(), await Open().ReadAsync(reference, Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9_000_001)] // more than the SDK's parts of 4 and 8 MB
    public async Task Content_of_any_size_is_kept(int length)
    {
        var content = new byte[length];
        new Random(1).NextBytes(content);

        var reference = await Open().PutAsync("a/b", content, Cancel);

        Assert.Equal(reference, await Open().FindAsync("a/b", Cancel));
        Assert.Equal(content, await Open().ReadAsync(reference, Cancel));
    }

    [Fact]
    public async Task The_first_writer_wins_and_the_second_learns_what_is_there()
    {
        var store = Open();
        var first = await store.PutAsync("a/b", "first"u8.ToArray(), Cancel);

        Assert.Equal(first, await store.PutAsync("a/b", "second"u8.ToArray(), Cancel));
        Assert.Equal(first, await Open().PutAsync("a/b", "third"u8.ToArray(), Cancel));
        Assert.Equal("first"u8.ToArray(), await store.ReadAsync(first, Cancel));
    }

    [Fact]
    public async Task Writing_the_same_again_changes_nothing()
    {
        var first = await Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);

        Assert.Equal(first, await Open().PutAsync("a/b", "content"u8.ToArray(), Cancel));
    }

    [Fact]
    public async Task Of_many_writers_at_once_one_wins_and_all_learn_which()
    {
        IArtifactStore[] stores = [Open(), Open()];
        for (var artifact = 0; artifact < 8; artifact++)
        {
            var references = await Task.WhenAll(Enumerable.Range(0, 16).Select(writer =>
                Task.Run(() => stores[writer % 2].PutAsync($"a/b/{artifact}", BitConverter.GetBytes(writer), Cancel), Cancel)));

            var winner = Assert.Single(references.Distinct());
            Assert.Equal(4, (await Open().ReadAsync(winner, Cancel)).Length);
        }
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_and_missing()
    {
        var store = Open();
        var reference = new ArtifactReference("a/b", 1, new string('0', 64));

        foreach (var elsewhere in new[] { false, true })
        {
            if (elsewhere)
                await store.PutAsync("a/c", "x"u8.ToArray(), Cancel);
            Assert.Null(await store.FindAsync("a/b", Cancel));
            var missing = await Assert.ThrowsAsync<ArtifactMissingException>(() => store.ReadAsync(reference, Cancel));
            Assert.Contains("'a/b'", missing.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ArtifactMissingException>(() => store.ReadRangeAsync(reference, 0, new byte[1], Cancel));
        }
    }

    [Theory]
    [InlineData("conten", "is 6 bytes long, expected 7")]
    [InlineData("contents", "is 8 bytes long, expected 7")]
    [InlineData("kontent", "has SHA-256")]
    public async Task Content_that_is_not_what_the_reference_says_is_corrupt(string damaged, string because)
    {
        var reference = await Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);
        await OverwriteAsync("a/b", damaged);

        var corrupt = await Assert.ThrowsAsync<ArtifactCorruptException>(() => Open().ReadAsync(reference, Cancel));

        Assert.Contains(because, corrupt.Message, StringComparison.Ordinal);
        Assert.Contains("'a/b'", corrupt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_artifact_is_read_into_memory_of_its_length_and_held_against_its_reference()
    {
        var reference = await Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);
        var memory = new byte[7];

        await Open().ReadAsync(reference, memory, Cancel);
        await Assert.ThrowsAsync<ArgumentException>(() => Open().ReadAsync(reference, new byte[8], Cancel));

        Assert.Equal("content"u8.ToArray(), memory);
        await OverwriteAsync("a/b", "kontent");
        await Assert.ThrowsAsync<ArtifactCorruptException>(() => Open().ReadAsync(reference, memory, Cancel));
    }

    [Fact]
    public async Task What_is_damaged_after_it_was_read_is_never_given_in_the_same_process_either()
    {
        var store = Open();
        var reference = await store.PutAsync("a/b", "content"u8.ToArray(), Cancel);
        await store.ReadAsync(reference, Cancel);
        await OverwriteAsync("a/b", "kontent");

        try
        {
            Assert.Equal("content"u8.ToArray(), await store.ReadAsync(reference, Cancel)); // it may have been kept
        }
        catch (ArtifactCorruptException)
        {
            // That is right too.
        }

        await Assert.ThrowsAsync<ArtifactCorruptException>(() => store.ReadRangeAsync(reference, 0, new byte[2], Cancel));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(299_999, 1)]
    [InlineData(300_000, 0)]
    [InlineData(100_000, 65_537)]
    [InlineData(0, 300_000)]
    public async Task A_part_is_what_the_whole_has_there(int offset, int length)
    {
        var content = new byte[300_000];
        new Random(1).NextBytes(content);
        var reference = await Open().PutAsync("a/b", content, Cancel);
        foreach (var store in (IArtifactStore[])[Open(), Open()])
        {
            for (var time = 0; time < 2; time++)
            {
                var part = new byte[length];
                await store.ReadRangeAsync(reference, offset, part, Cancel);
                Assert.Equal(content[offset..(offset + length)], part);
            }
        }
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(7, 1)]
    [InlineData(0, 8)]
    [InlineData(long.MaxValue, 1)]
    public async Task A_part_that_does_not_lie_in_the_artifact_is_refused(long offset, int length)
    {
        var reference = await Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Open().ReadRangeAsync(reference, offset, new byte[length], Cancel));
    }

    [Fact]
    public async Task A_part_of_up_to_the_limit_is_read_and_a_longer_one_refused()
    {
        var content = new byte[IArtifactStore.MaxRangeLength + 2];
        new Random(1).NextBytes(content);
        var reference = await Open().PutAsync("a/b", content, Cancel);

        var part = new byte[IArtifactStore.MaxRangeLength];
        await Open().ReadRangeAsync(reference, 1, part, Cancel);

        Assert.Equal(content[1..(1 + part.Length)], part);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Open().ReadRangeAsync(reference, 1, new byte[part.Length + 1], Cancel));
    }

    [Theory]
    [InlineData("co", "long, expected 7")]
    [InlineData("conten", "is 6 bytes long, expected 7")]
    [InlineData("contents", "is 8 bytes long, expected 7")]
    [InlineData("kontent", "has SHA-256")]
    public async Task A_part_of_what_is_not_what_the_reference_says_is_corrupt(string damaged, string because)
    {
        var reference = await Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);
        await OverwriteAsync("a/b", damaged);

        var corrupt = await Assert.ThrowsAsync<ArtifactCorruptException>(() => Open().ReadRangeAsync(reference, 3, new byte[2], Cancel));

        Assert.Contains(because, corrupt.Message, StringComparison.Ordinal);
        Assert.Contains("'a/b'", corrupt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_of_what_was_written_anew_is_not_the_references()
    {
        var reference = await Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);
        await Open().DeleteAsync("a/b", Cancel);
        await Open().PutAsync("a/b", "kontent"u8.ToArray(), Cancel);

        var corrupt = await Assert.ThrowsAsync<ArtifactCorruptException>(() => Open().ReadRangeAsync(reference, 3, new byte[2], Cancel));

        Assert.Contains("has SHA-256", corrupt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_of_what_another_tool_put_there_is_read()
    {
        await Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);
        await OverwriteAsync("a/b", "kontent");
        var found = await Open().FindAsync("a/b", Cancel);

        var part = new byte[3];
        await Open().ReadRangeAsync(found!, 2, part, Cancel);

        Assert.Equal("nte"u8, part);
    }

    [Fact]
    public async Task A_stream_reads_all()
    {
        var content = new byte[ArtifactStream.MaxPartLength * 2 + 5];
        new Random(1).NextBytes(content);
        var reference = await Open().PutAsync("a/b", content, Cancel);
        await using var stream = new ArtifactStream(Open(), reference);
        using var copy = new MemoryStream();

        await stream.CopyToAsync(copy, Cancel);

        Assert.Equal(content, copy.ToArray());
    }

    [Fact]
    public async Task A_stream_reads_from_where_it_is_put()
    {
        var reference = await Open().PutAsync("a/b", "0123456789"u8.ToArray(), Cancel);
        await using var stream = new ArtifactStream(Open(), reference);
        var three = new byte[3];

        stream.Seek(4, SeekOrigin.Begin);
        await stream.ReadExactlyAsync(three, Cancel);
        Assert.Equal("456"u8, three);
        stream.Seek(-2, SeekOrigin.End);
        Assert.Equal(2, await stream.ReadAsync(three, Cancel));
        Assert.Equal(0, await stream.ReadAsync(three, Cancel));
        stream.Position = 0;
        await stream.ReadExactlyAsync(three, Cancel);
        Assert.Equal("012"u8, three);
    }

    [Fact]
    public async Task What_is_found_is_described_as_it_is_now()
    {
        var reference = await Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);
        await OverwriteAsync("a/b", "kontent");

        var found = await Open().FindAsync("a/b", Cancel);

        Assert.NotEqual(reference, found);
        Assert.Equal("kontent"u8.ToArray(), await Open().ReadAsync(found!, Cancel));
    }

    [Fact]
    public async Task Deleting_a_folder_deletes_what_is_in_it_and_nothing_else_and_may_be_done_twice()
    {
        var store = Open();
        await store.PutAsync("updates/a/000001/x", "1"u8.ToArray(), Cancel);
        await store.PutAsync("updates/a/000001/y/z", "1"u8.ToArray(), Cancel);
        var other = await store.PutAsync("updates/a/000011/x", "2"u8.ToArray(), Cancel);

        await store.DeleteAsync("updates/a/000001/", Cancel);
        await store.DeleteAsync("updates/a/000001/", Cancel);

        Assert.Null(await store.FindAsync("updates/a/000001/x", Cancel));
        Assert.Null(await store.FindAsync("updates/a/000001/y/z", Cancel));
        Assert.Equal(other, await store.FindAsync("updates/a/000011/x", Cancel));
    }

    [Fact]
    public async Task Deleting_where_nothing_was_ever_written_is_no_error() => await Open().DeleteAsync("updates/a/000001/", Cancel);

    [Fact]
    public async Task What_was_deleted_can_be_written_anew()
    {
        var store = Open();
        await store.PutAsync("a/b", "before"u8.ToArray(), Cancel);
        await store.DeleteAsync("a/", Cancel);

        var anew = await store.PutAsync("a/b", "after"u8.ToArray(), Cancel);

        Assert.Equal("after"u8.ToArray(), await Open().ReadAsync(anew, Cancel));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/passwd")]
    [InlineData(".staging/x")]
    [InlineData("a?sig=x")]
    [InlineData("")]
    public async Task A_name_that_is_no_artifact_name_is_refused(string name)
    {
        var store = Open();

        await Assert.ThrowsAsync<ArgumentException>(() => store.PutAsync(name, "x"u8.ToArray(), Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => store.FindAsync(name, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => store.ReadAsync(new ArtifactReference(name, 1, ""), Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => store.ReadRangeAsync(new ArtifactReference(name, 1, ""), 0, new byte[1], Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => store.DeleteAsync(name, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => store.DeleteAsync($"{name}/", Cancel));
    }

    [Fact]
    public async Task Deleting_an_artifact_deletes_it_and_nothing_else_and_may_be_done_twice()
    {
        var store = Open();
        await store.PutAsync("a/b", "1"u8.ToArray(), Cancel);
        var kept = await store.PutAsync("a/bc", "2"u8.ToArray(), Cancel);

        await store.DeleteAsync("a/b", Cancel);
        await store.DeleteAsync("a/b", Cancel);

        Assert.Null(await store.FindAsync("a/b", Cancel));
        Assert.Equal(kept, await store.FindAsync("a/bc", Cancel));
    }

    [Fact]
    public async Task Deleting_part_of_a_name_deletes_nothing()
    {
        var store = Open();
        var kept = await store.PutAsync("updates/a/000001/x", "1"u8.ToArray(), Cancel);

        await store.DeleteAsync("updates/a/0", Cancel);
        await store.DeleteAsync("updates/a/0/", Cancel);

        Assert.Equal(kept, await store.FindAsync(kept.Name, Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9_000_001)]
    public async Task What_is_unloaded_is_read_as_before(int length)
    {
        var (store, content) = (Open(), new byte[length]);
        new Random(1).NextBytes(content);
        var reference = await store.PutAsync("a/b", content, Cancel);

        store.Unload(reference.Name);
        store.Unload("a/nothing");
        store.Unload("nowhere/b");

        Assert.Equal(content, await store.ReadAsync(reference, Cancel));
        Assert.Equal(content, await Open().ReadAsync(reference, Cancel));
    }

    [Fact]
    public async Task Cancelling_is_no_failure_of_the_store()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Open().PutAsync("a/b", "x"u8.ToArray(), cancelled));
    }

    /// <summary>Opens the test's own store, as another process would that shares nothing but the place.</summary>
    protected abstract IArtifactStore Open();

    /// <summary>Changes an artifact behind the store's back.</summary>
    protected abstract Task OverwriteAsync(string name, string content);
}
