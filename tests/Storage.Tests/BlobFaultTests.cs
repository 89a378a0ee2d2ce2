using System.Net;
using System.Net.Sockets;
using System.Text;
using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

public sealed class BlobFaultTests(StorageFixture storage) : IAsyncDisposable
{
    private readonly BlobContainer container = new(storage.ConnectionString);
    private readonly Wire wire = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => container.DisposeAsync();

    [Fact]
    public async Task A_put_whose_response_is_lost_is_no_conflict()
    {
        await container.Behind.CreateAsync(cancellationToken: Cancel);
        var store = container.Open(wire.Then(LoseTheResponse));

        var reference = await store.PutAsync("a/b", "content"u8.ToArray(), Cancel);

        Assert.Equal([HttpMethod.Put, HttpMethod.Put, HttpMethod.Head], wire.Requests.Select(request => request.Method));
        Assert.Equal(reference, await container.Open().FindAsync("a/b", Cancel));
        Assert.Equal("content"u8.ToArray(), await container.Open().ReadAsync(reference, Cancel));
    }

    [Fact]
    public async Task A_service_that_is_busy_is_asked_again()
    {
        var store = container.Open(wire.Then(Busy, Busy));
        var reference = await store.PutAsync("a/b", "content"u8.ToArray(), Cancel);

        wire.Then(Busy, Busy);
        Assert.Equal(reference, await store.FindAsync("a/b", Cancel));
        wire.Then(Busy, Busy);
        Assert.Equal("content"u8.ToArray(), await store.ReadAsync(reference, Cancel));
        wire.Then(Busy, Busy, Send, Busy);
        await store.DeleteAsync("a/", Cancel);
        Assert.Null(await store.FindAsync("a/b", Cancel));
    }

    [Fact]
    public async Task A_service_that_stays_busy_is_one_clear_error()
    {
        var store = container.Open(wire.Then([.. Enumerable.Repeat<Wire.Fault>(Busy, 4)]));

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => store.PutAsync("a/b", "content"u8.ToArray(), Cancel));

        Assert.Equal($"artifact 'a/b' can't be written to {store.Address}: 503 ServerBusy: The server is busy.", error.Message);
    }

    [Fact]
    public async Task A_download_that_breaks_off_goes_on_where_it_stopped()
    {
        var reference = await container.Open().PutAsync("a/b", new byte[100_000], Cancel);

        var content = await container.Open(wire.Then(BreakOffAfter(60_000))).ReadAsync(reference, Cancel);

        Assert.Equal(new byte[100_000], content);
        Assert.Equal([null, "bytes=60000-"], wire.Requests.Select(request => request.Range));
    }

    [Fact]
    public async Task A_download_that_is_damaged_on_its_way_is_corrupt_also_where_it_was_written()
    {
        var store = container.Open(wire);
        var reference = await store.PutAsync("a/b", "content"u8.ToArray(), Cancel);
        wire.Then(DamageTheResponse);

        var corrupt = await Assert.ThrowsAsync<ArtifactCorruptException>(() => store.ReadAsync(reference, Cancel));

        Assert.Contains("artifact 'a/b' has SHA-256", corrupt.Message, StringComparison.Ordinal);
        Assert.Equal("content"u8.ToArray(), await store.ReadAsync(reference, Cancel));
    }

    [Fact]
    public async Task A_part_that_breaks_off_is_whole_in_the_end()
    {
        var reference = await container.Open().PutAsync("a/b", new byte[100_000], Cancel);
        var part = Enumerable.Repeat((byte)1, 90_000).ToArray();

        await container.Open(wire.Then(BreakOffAfter(60_000))).ReadRangeAsync(reference, 5, part, Cancel);

        Assert.Equal(new byte[90_000], part);
    }

    [Fact]
    public async Task A_part_that_is_damaged_on_its_way_is_found_out()
    {
        var reference = await container.Open().PutAsync("a/b", new byte[100_000], Cancel);
        var store = container.Open(wire.Then(DamageTheResponse));

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => store.ReadRangeAsync(reference, 5, new byte[10], Cancel));

        Assert.Contains("artifact 'a/b' can't be read from", error.Message, StringComparison.Ordinal);
        await store.ReadRangeAsync(reference, 5, new byte[10], Cancel);
    }

    [Fact]
    public async Task An_upload_that_is_damaged_on_its_way_is_refused_by_the_service()
    {
        await container.Behind.CreateAsync(cancellationToken: Cancel);
        var store = container.Open(wire.Then(DamageTheRequest));

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => store.PutAsync("a/b", "content"u8.ToArray(), Cancel));

        Assert.Contains(": 400 ", error.Message, StringComparison.Ordinal); // Md5Mismatch in Azure, InvalidOperation in Azurite
        Assert.Null(await store.FindAsync("a/b", Cancel));
        Assert.All(wire.Requests.Where(request => request.Method == HttpMethod.Put), put => Assert.True(put.Md5 && !put.Crc64));
    }

    [Theory]
    [InlineData(403, "AuthorizationPermissionMismatch", "the identity needs the role Storage Blob Data Contributor on the container")]
    [InlineData(403, "AuthorizationFailure", "the identity has no role here, or the account's firewall refuses this network")]
    [InlineData(403, "AuthenticationFailed", "the key or signature isn't valid for the account, or this machine's clock is wrong")]
    [InlineData(403, "KeyBasedAuthenticationNotPermitted", "the account takes identities only: give its https URL instead of a connection string")]
    [InlineData(409, "AccountIsDisabled", "The account is disabled.")]
    public async Task A_refusal_says_what_to_do(int status, string code, string advice)
    {
        await container.Behind.CreateAsync(cancellationToken: Cancel);
        var refusal = Answer((HttpStatusCode)status, code, "The account is disabled.\nAdditional information: sig=secret");

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(
            () => container.Open(wire.Then(refusal)).PutAsync("a/b", "content"u8.ToArray(), Cancel));

        Assert.EndsWith($": {status} {code}: {advice}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_one_clear_error()
    {
        var port = UnusedPort();
        var store = new AzureBlobArtifactStore(new BlobContainerClient(
            $"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:{port}/a", "fldurable",
            new AzureBlobStorageOptions { MaxRetries = 1, Delay = TimeSpan.FromMilliseconds(1) }.ToClientOptions()));

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => store.FindAsync("a/b", Cancel));

        Assert.Equal(
            $"artifact 'a/b' can't be read from http://127.0.0.1:{port}/a/fldurable: Connection refused (127.0.0.1:{port}) (tried 2 times)",
            error.Message);
        Assert.DoesNotContain("c2VjcmV0", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Someone_who_cannot_sign_in_is_told_so()
    {
        var store = new AzureBlobArtifactStore(new BlobContainerClient(
            new Uri("https://account.blob.core.windows.net/fldurable"), new NoOne(), new AzureBlobStorageOptions().ToClientOptions()));

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => store.DeleteAsync("a/", Cancel));

        Assert.Equal(
            "'a/' can't be deleted from https://account.blob.core.windows.net/fldurable: can't sign in: Run `az login`.", error.Message);
    }

    [Fact]
    public async Task A_signature_is_not_repeated_in_an_error()
    {
        var store = new AzureBlobArtifactStore(new BlobContainerClient(
            new Uri($"http://127.0.0.1:{UnusedPort()}/a/fldurable?sv=2025-11-05&sig=c2VjcmV0"),
            new AzureBlobStorageOptions { MaxRetries = 0 }.ToClientOptions()));

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => store.PutAsync("a/b", "x"u8.ToArray(), Cancel));

        Assert.DoesNotContain("c2VjcmV0", error.ToString(), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> Send(HttpRequestMessage request, Func<Task<HttpResponseMessage>> send) => send();

    private static async Task<HttpResponseMessage> LoseTheResponse(HttpRequestMessage request, Func<Task<HttpResponseMessage>> send)
    {
        using var lost = await send();
        Assert.True(lost.IsSuccessStatusCode);
        throw new HttpRequestException("the connection broke");
    }

    private static Task<HttpResponseMessage> Busy(HttpRequestMessage request, Func<Task<HttpResponseMessage>> send) =>
        Answer(HttpStatusCode.ServiceUnavailable, "ServerBusy", "The server is busy.")(request, send);

    private static Wire.Fault Answer(HttpStatusCode status, string code, string message) => (request, _) =>
    {
        var body = request.Method == HttpMethod.Head ? "" : $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>";
        return Task.FromResult(new HttpResponseMessage(status)
        {
            RequestMessage = request,
            Headers = { { "x-ms-error-code", code } },
            Content = new StringContent(body, Encoding.UTF8, "application/xml"),
        });
    };

    private static async Task<HttpResponseMessage> DamageTheResponse(HttpRequestMessage request, Func<Task<HttpResponseMessage>> send)
    {
        var response = await send();
        var content = await response.Content.ReadAsByteArrayAsync(Cancel);
        content[^1] ^= 1;
        response.Content = CopyOf(response.Content, content);
        return response;
    }

    private static async Task<HttpResponseMessage> DamageTheRequest(HttpRequestMessage request, Func<Task<HttpResponseMessage>> send)
    {
        var content = await request.Content!.ReadAsByteArrayAsync(Cancel);
        content[^1] ^= 1;
        request.Content = CopyOf(request.Content, content);
        return await send();
    }

    private static Wire.Fault BreakOffAfter(int bytes) => async (_, send) =>
    {
        var response = await send();
        var content = await response.Content.ReadAsByteArrayAsync(Cancel);
        var whole = response.Content;
        response.Content = new StreamContent(new BreakingStream(content.AsMemory(0, bytes)));
        foreach (var (name, values) in whole.Headers)
            response.Content.Headers.TryAddWithoutValidation(name, values);
        return response;
    };

    private static ByteArrayContent CopyOf(HttpContent content, byte[] damaged)
    {
        var copy = new ByteArrayContent(damaged);
        foreach (var (name, values) in content.Headers)
            copy.Headers.TryAddWithoutValidation(name, values);
        return copy;
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class NoOne : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new CredentialUnavailableException("Run `az login`.\nTrace: secret");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromException<AccessToken>(new CredentialUnavailableException("Run `az login`.\nTrace: secret"));
    }
}
