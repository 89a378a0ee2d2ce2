using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

public sealed class RecentArtifactsTests(StorageFixture storage) : ArtifactStoreContract, IAsyncDisposable
{
    private readonly BlobContainer container = new(storage.ConnectionString);
    private readonly Wire wire = new();

    public ValueTask DisposeAsync() => container.DisposeAsync();

    [Fact]
    public async Task What_was_read_lately_is_not_asked_for_again()
    {
        var reference = await container.Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);
        var store = new RecentArtifacts(container.Open(wire));

        for (var time = 0; time < 3; time++)
            Assert.Equal("content"u8.ToArray(), await store.ReadAsync(reference, Cancel));

        Assert.Single(wire.Requests);
    }

    [Fact]
    public async Task What_was_written_lately_is_not_asked_for_and_is_what_it_was_whatever_becomes_of_the_memory()
    {
        await container.Behind.CreateAsync(cancellationToken: Cancel);
        var store = new RecentArtifacts(container.Open(wire));
        var memory = "content"u8.ToArray();

        var reference = await store.PutAsync("a/b", memory, Cancel);
        memory[0] = 0;

        Assert.Equal("content"u8.ToArray(), await store.ReadAsync(reference, Cancel));
        Assert.Equal([HttpMethod.Put], wire.Requests.Select(request => request.Method));
    }

    [Fact]
    public async Task What_is_deleted_is_missing()
    {
        var store = Open();
        ArtifactReference[] references =
            [await store.PutAsync("a/b", "1"u8.ToArray(), Cancel), await store.PutAsync("c/d/e", "2"u8.ToArray(), Cancel)];

        await store.DeleteAsync("a/b", Cancel);
        await store.DeleteAsync("c/", Cancel);

        foreach (var reference in references)
            await Assert.ThrowsAsync<ArtifactMissingException>(() => store.ReadAsync(reference, Cancel));
    }

    [Fact]
    public async Task What_is_large_is_asked_for_each_time()
    {
        var store = new RecentArtifacts(container.Open(wire));
        var reference = await store.PutAsync("a/b", new byte[(1 << 20) + 1], Cancel);
        wire.Requests.Clear();

        await store.ReadAsync(reference, Cancel);
        await store.ReadAsync(reference, Cancel);

        Assert.Equal(2, wire.Requests.Count);
    }

    protected override IArtifactStore Open() => new RecentArtifacts(container.Open());

    protected override Task OverwriteAsync(string name, string content) =>
        container.Behind.GetBlobClient(name).UploadAsync(BinaryData.FromString(content), overwrite: true, Cancel);
}
