using System.Net;
using System.Net.Sockets;
using System.Text;
using FlDurable.Api.Tests.Support;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api.Tests;

/// <summary>What callers without a key, slow ones and many at once can't do.</summary>
public sealed class CallerTests(SharedHost shared)
{
    private readonly ApiHost host = shared.Host;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/api/openapi.json", "application/json")]
    [InlineData("/api/docs", "text/html")]
    [InlineData("/api/dashboard", "text/html")]
    public async Task What_needs_no_key_is_made_once_and_not_sent_again_to_who_has_it(string path, string mediaType)
    {
        using var first = await host.GetAsync(path);
        using var again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.Add(HeaderNames.IfNoneMatch, first.Headers.ETag!.ToString());

        using var second = await host.Client.SendAsync(again, Cancel);

        Assert.Equal((mediaType, "utf-8"), (first.Content.Headers.ContentType!.MediaType, first.Content.Headers.ContentType.CharSet));
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.BytesAsync());
    }

    [Fact]
    public async Task HEAD_is_answered_as_GET_is_but_for_the_content()
    {
        var federation = await host.FinishAsync(ApiHost.Spec("head", ("rounds", 1)));
        Assert.Equal("completed", federation.Status());
        foreach (var path in (string[])
            ["", "?pageSize=x", "/head", "/absent", "/head/rounds/1", "/head/rounds/9", "/head/model", "/../docs", "/../dashboard", "/../openapi.json"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, $"/api/federations{path}");
            using var head = await host.Client.SendAsync(request, Cancel);
            using var get = await host.GetAsync($"/api/federations{path}");

            Assert.Equal((path, get.StatusCode), (path, head.StatusCode));
            Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
            Assert.Empty(await head.BytesAsync());
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task The_hosts_address_leads_to_the_dashboard_without_a_key(string method)
    {
        using var anybody = new HttpClient { BaseAddress = host.Address };
        using var request = new HttpRequestMessage(new HttpMethod(method), "/");

        using var answer = await anybody.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("/api/dashboard", answer.RequestMessage!.RequestUri!.AbsolutePath);
    }

    [Fact]
    public async Task Of_many_starts_of_one_spec_at_once_one_starts_it()
    {
        await using var alone = await ApiHost.StartAsync();
        using var loaded = await alone.StartAsync(ApiHost.Spec("loads-the-data"));
        for (var number = 0; number < 10; number++)
        {
            var spec = ApiHost.Spec($"same-{number}", ("rounds", 1));

            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => alone.StartAsync(spec))));

            Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Accepted);
            Assert.All(answers, answer => Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.OK]));
            foreach (var answer in answers)
                answer.Dispose();
        }
    }

    [Fact]
    public async Task Callers_that_stall_stop_neither_training_nor_others()
    {
        await using var alone = await ApiHost.StartAsync();
        var stalled = new List<Socket>();
        try
        {
            for (var number = 0; number < 240; number++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                stalled.Add(socket);
                await socket.ConnectAsync(alone.Address.Host, alone.Address.Port, Cancel);
                if (Begun(number) is { } text)
                    await socket.SendAsync(Encoding.ASCII.GetBytes(text), Cancel);
            }

            var federation = await alone.FinishAsync(ApiHost.Spec("undisturbed"));

            Assert.Equal("completed", federation.Status());
        }
        finally
        {
            stalled.ForEach(socket => socket.Dispose());
        }

        // Most say nothing; some stop within the headers, some within the body.
        string? Begun(int number) => (number % 10) switch
        {
            0 => "GET /api/federations HTTP/1.1\r\nHost: local",
            1 => $"POST /api/federations HTTP/1.1\r\nHost: {alone.Address.Authority}\r\n{ApiDocument.KeyHeader}: {alone.NewKey}\r\n"
                + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
            _ => null,
        };
    }
}
