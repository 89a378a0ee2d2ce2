using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Net.Sockets;
using System.Text;
using FlDurable.Shared.Work;
using FlDurable.Worker.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>What a worker takes for an answer of its host, and how long it waits for one, on a clock of the test's own.</summary>
public sealed class HostCallsTests : IDisposable
{
    private const string Lease = "00000000000000000000000000000000";

    private static readonly string Sha256 = new('a', 64);
    private static readonly Dictionary<string, string> Said = new(StringComparer.Ordinal) { [WorkProtocol.ReportHeader] = "e30=" };

    private readonly TestFolder folder = new();
    private readonly FakeTimeProvider time = new();
    private readonly WorkerSigns signs;

    public HostCallsTests()
    {
        signs = new WorkerSigns(time);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(folder["key"], options);
        file.Write($"{WorkProtocol.KeyPrefix}one_{new string('0', 64)}");
    }

    /// <summary>What stands between a site and its host may answer in its place.</summary>
    public static TheoryData<int, string, string?> OthersAnswers { get; } = new()
    {
        { 200, MediaTypeNames.Text.Html, null },
        { 302, MediaTypeNames.Text.Html, null },
        { 401, MediaTypeNames.Text.Html, "Basic" },
        { 401, MediaTypeNames.Text.Html, null },
        { 403, MediaTypeNames.Text.Html, null },
        { 404, MediaTypeNames.Text.Html, null },
        { 407, MediaTypeNames.Text.Html, null },
        { 429, MediaTypeNames.Text.Html, null },
        { 502, MediaTypeNames.Text.Html, null },
        { 511, MediaTypeNames.Text.Html, null },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        signs.Dispose();
        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(OthersAnswers))]
    public async Task What_another_answers_is_no_answer_of_the_host_whatever_was_asked(int status, string mediaType, string? challenge)
    {
        var calls = Calls(_ =>
        {
            var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent("<html>log in", Encoding.UTF8, mediaType) };
            if (challenge is not null)
                answer.Headers.WwwAuthenticate.Add(new AuthenticationHeaderValue(challenge));
            return Task.FromResult(answer);
        });

        await Assert.ThrowsAsync<NoAnswerException>(() => calls.AskAsync<TakenWork>(HttpMethod.Post, WorkProtocol.Leases, new LeaseRequest(1, Lease), TimeSpan.Zero, Cancel));
        await Assert.ThrowsAsync<NoAnswerException>(() => calls.TellAsync(HttpMethod.Post, HostCalls.Of(Lease, WorkProtocol.Completion), body: null, Cancel));
        await Assert.ThrowsAsync<NoAnswerException>(() => calls.ReadBytesAsync(HostCalls.Of(Lease, WorkProtocol.Parameters), length: 4, Cancel));
        await Assert.ThrowsAsync<NoAnswerException>(() => calls.PutBytesAsync(Lease, Sha256, new byte[4], mayBeThere: false, Said, Cancel));
        await Assert.ThrowsAsync<NoAnswerException>(() => calls.PutBytesAsync(Lease, Sha256, new byte[4], mayBeThere: true, Said, Cancel));
    }

    [Fact]
    public async Task What_the_host_answers_with_nothing_is_told()
    {
        await Calls(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.NoContent))).TellAsync(HttpMethod.Post, HostCalls.Of(Lease, WorkProtocol.Completion), body: null, Cancel);
    }

    [Fact]
    public async Task A_key_is_refused_by_who_asks_for_one()
    {
        var calls = Calls(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.Unauthorized)
        {
            Headers = { WwwAuthenticate = { new AuthenticationHeaderValue(WorkProtocol.Scheme) } },
            Content = new StringContent("""{"detail": "revoked"}""", Encoding.UTF8, "application/problem+json"),
        }));

        var refused = await Assert.ThrowsAsync<KeyRefusedException>(() => calls.TellAsync(HttpMethod.Post, WorkProtocol.Leases, body: null, Cancel));

        Assert.Equal("401 revoked", refused.Message);
    }

    [Fact]
    public async Task A_host_of_which_nothing_comes_is_not_waited_for_for_ever()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var http = WorkerConnection.Open(certificateFile: null, between: null);
        var asking = Calls(http, new Uri($"http://{silent.LocalEndpoint}")).AskAsync<TakenWork>(HttpMethod.Post, WorkProtocol.Leases, new LeaseRequest(1, Lease, 25), TimeSpan.FromSeconds(25), Cancel);
        using var connection = await silent.AcceptTcpClientAsync(Cancel);
        Assert.True(await connection.GetStream().ReadAsync(new byte[1], Cancel) > 0);

        time.Advance(TimeSpan.FromSeconds(54)); // as long as it waits for work, and its patience
        Assert.False(asking.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains("nothing came from 127.0.0.1 for 55 seconds", (await Assert.ThrowsAsync<NoAnswerException>(() => asking)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(29, true)]
    [InlineData(31, false)]
    public async Task An_upload_is_cut_off_when_it_gets_no_further_and_not_because_it_takes_long(int secondsAChunk, bool isSent)
    {
        var update = new byte[20 * 64 * 1024];
        var calls = Calls(async request =>
        {
            if (request.Method == HttpMethod.Put)
                await request.Content!.CopyToAsync(new SlowStream(() => time.Advance(TimeSpan.FromSeconds(secondsAChunk))), Cancel);
            return Json(new ReceivedUpdate(request.Method == HttpMethod.Put ? update.Length : 0));
        });

        if (isSent)
            Assert.Equal(update.Length, (await calls.PutBytesAsync(Lease, Sha256, update, mayBeThere: true, Said, Cancel))!.Received);
        else
            await Assert.ThrowsAsync<NoAnswerException>(() => calls.PutBytesAsync(Lease, Sha256, update, mayBeThere: true, Said, Cancel));
    }

    [Theory]
    [InlineData(29, true)]
    [InlineData(31, false)]
    public async Task So_is_a_download(int secondsAChunk, bool isRead)
    {
        var parameters = new byte[20 * 64 * 1024];
        var calls = Calls(_ => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new SlowStream(() => time.Advance(TimeSpan.FromSeconds(secondsAChunk)), parameters)) }));

        if (isRead)
            Assert.Equal(parameters, await calls.ReadBytesAsync(WorkProtocol.Parameters, parameters.Length, Cancel));
        else
            await Assert.ThrowsAsync<NoAnswerException>(() => calls.ReadBytesAsync(WorkProtocol.Parameters, parameters.Length, Cancel));
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_refused_and_its_issuer_named_and_one_that_a_file_vouches_for_is_not()
    {
        await using var host = new TlsHost("CN=Proxy of the hospital");
        await File.WriteAllTextAsync(folder["ca.pem"], host.Authority, Cancel);
        using var trusting = WorkerConnection.Open(folder["ca.pem"], between: null);
        using var strict = WorkerConnection.Open(certificateFile: null, between: null);

        await Calls(trusting, host.Address).TellAsync(HttpMethod.Post, WorkProtocol.Leases, body: null, Cancel);
        var refused = await Assert.ThrowsAsync<NoAnswerException>(() => Calls(strict, host.Address).TellAsync(HttpMethod.Post, WorkProtocol.Leases, body: null, Cancel));

        Assert.Contains("issued by 'CN=Proxy of the hospital'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Connections_are_made_anew_from_time_to_time_since_names_change_their_addresses()
    {
        SocketsHttpHandler? handler = null;
        using var http = WorkerConnection.Open(certificateFile: null, between: inner => handler = (SocketsHttpHandler)inner);

        Assert.InRange(handler!.PooledConnectionLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        Assert.InRange(handler.ConnectTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.False(handler.AllowAutoRedirect);
    }

    private HostCalls Calls(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) =>
        Calls(new HttpClient(new Answering(answer)) { Timeout = Timeout.InfiniteTimeSpan }, new Uri("https://fl.example"));

    private HostCalls Calls(HttpClient http, Uri server) => new(http, server, WorkProtocol.Root, new WorkerKey(folder["key"], WorkProtocol.KeyPrefix), signs, time);

    private static HttpResponseMessage Json<T>(T content) => new(HttpStatusCode.OK) { Content = SiteHost.Body(content) };

    /// <summary>Answers in the place of a host.</summary>
    private sealed class Answering(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answered = await answer(request);
            cancellationToken.ThrowIfCancellationRequested();
            return answered;
        }
    }

    /// <summary>A stream in which each chunk takes its time.</summary>
    private sealed class SlowStream(Action pass, byte[]? content = null) : MemoryStream(content ?? [], writable: false)
    {
        public override bool CanWrite => true;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            pass();
            cancellationToken.ThrowIfCancellationRequested();
            return base.ReadAsync(buffer, cancellationToken);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            pass();
            return ValueTask.CompletedTask;
        }
    }
}
