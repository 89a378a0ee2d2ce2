using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs.Models;
using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

public sealed class AzureBlobArtifactStoreTests(StorageFixture storage) : ArtifactStoreContract, IAsyncDisposable
{
    private readonly BlobContainer container = new(storage.ConnectionString);

    public ValueTask DisposeAsync() => container.DisposeAsync();

    [Fact]
    public async Task The_connection_string_is_all_that_it_takes()
    {
        var options = new AzureBlobStorageOptions { Container = container.Behind.Name };

        var reference = await ArtifactStorage.Open(storage.ConnectionString, options).PutAsync("a/b", "content"u8.ToArray(), Cancel);

        Assert.Equal("content"u8.ToArray(), await container.Open().ReadAsync(reference, Cancel));
    }

    [Fact]
    public async Task What_is_kept_with_a_blob_lets_other_tools_check_it()
    {
        var reference = await container.Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);

        BlobProperties properties = await container.Behind.GetBlobClient("a/b").GetPropertiesAsync(cancellationToken: Cancel);

        Assert.Equal(reference.Sha256, properties.Metadata["sha256"]);
        Assert.Equal("9a0364b9e99bb480dd25e1f0284c8555", Convert.ToHexStringLower(properties.ContentHash)); // MD5
    }

    [Fact]
    public async Task A_blob_is_found_without_a_download()
    {
        await container.Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);
        var wire = new Wire();

        await container.Open(wire).FindAsync("a/b", Cancel);

        Assert.Equal([HttpMethod.Head], wire.Requests.Select(request => request.Method));
    }

    [Fact]
    public async Task A_part_of_a_blob_is_one_download_of_that_part()
    {
        var reference = await container.Open().PutAsync("a/b", new byte[100_000], Cancel);
        var wire = new Wire();

        await container.Open(wire).ReadRangeAsync(reference, 10, new byte[20], Cancel);

        Assert.Equal([(HttpMethod.Get, "bytes=10-29")], wire.Requests.Select(request => (request.Method, request.Range)));
    }

    [Fact]
    public async Task A_stream_reads_what_is_asked_for_and_more_only_for_who_goes_on()
    {
        var reference = await container.Open().PutAsync("a/b", new byte[100_000], Cancel);
        var wire = new Wire();
        await using var stream = new ArtifactStream(container.Open(wire), reference) { Position = 50_000 };

        await stream.ReadExactlyAsync(new byte[1_000], Cancel);
        await stream.ReadExactlyAsync(new byte[4_000], Cancel);
        await stream.ReadExactlyAsync(new byte[45_000], Cancel);

        Assert.Equal(["bytes=50000-50999", "bytes=51000-54999", "bytes=55000-99999"], wire.Requests.Select(request => request.Range));
    }

    [Fact]
    public async Task A_stream_that_comes_to_its_end_is_held_against_the_sha256_before_its_last_part()
    {
        var content = new byte[ArtifactStream.MaxPartLength + 1];
        var reference = await container.Open().PutAsync("a/b", content, Cancel);
        content[5] = 1;
        await container.Behind.GetBlobClient("a/b").UploadAsync(
            BinaryData.FromBytes(content), new BlobUploadOptions { Metadata = new Dictionary<string, string> { ["sha256"] = reference.Sha256 } }, Cancel);
        await using var stream = new ArtifactStream(container.Open(), reference);
        var part = new byte[ArtifactStream.MaxPartLength];

        await stream.ReadExactlyAsync(part, Cancel);

        for (var attempt = 0; attempt < 2; attempt++)
            await Assert.ThrowsAsync<ArtifactCorruptException>(() => stream.ReadExactlyAsync(part.AsMemory(0, 1), Cancel).AsTask());
    }

    [Fact]
    public async Task A_sha256_that_is_not_the_contents_is_found_out_by_the_reader()
    {
        await container.Open().PutAsync("a/b", "content"u8.ToArray(), Cancel);
        await container.Behind.GetBlobClient("a/b").SetMetadataAsync(
            new Dictionary<string, string> { ["sha256"] = new string('0', 64) }, cancellationToken: Cancel);

        var found = await container.Open().FindAsync("a/b", Cancel);

        await Assert.ThrowsAsync<ArtifactCorruptException>(() => container.Open().ReadAsync(found!, Cancel));
    }

    [Fact]
    public async Task Every_page_of_a_folder_is_deleted()
    {
        var wire = new Wire();
        var store = container.Open(wire, policy: new PagesOfTwo());
        for (var client = 0; client < 5; client++)
            await store.PutAsync($"updates/a/000001/{client}", "x"u8.ToArray(), Cancel);

        await store.DeleteAsync("updates/a/000001/", Cancel);

        Assert.Equal(3, wire.Requests.Count(request => request.Uri.Query.Contains("comp=list", StringComparison.Ordinal)));
        Assert.Empty(await container.Behind.GetBlobsAsync(cancellationToken: Cancel).ToListAsync(Cancel));
    }

    protected override IArtifactStore Open() => container.Open();

    protected override Task OverwriteAsync(string name, string content) =>
        container.Behind.GetBlobClient(name).UploadAsync(BinaryData.FromString(content), overwrite: true, Cancel);

    // Azure's own pages are of 5,000.
    private sealed class PagesOfTwo : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Uri.Query.Contains("comp=list", StringComparison.Ordinal))
                message.Request.Uri.AppendQuery("maxresults", "2");
        }
    }
}
