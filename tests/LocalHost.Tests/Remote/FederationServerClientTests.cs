using System.Net;
using System.Net.Sockets;
using System.Text;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Remote;

namespace FlDurable.LocalHost.Tests.Remote;

/// <summary>What becomes of a server's refusals.</summary>
public sealed class FederationServerClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("404 Not Found", null)]
    [InlineData("401 Unauthorized", "does not take the key")]
    [InlineData("500 Internal Server Error", "the disk is broken")]
    public async Task A_division_that_is_not_there_is_none_and_every_other_refusal_is_told(string status, string? told)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener, status, $$"""{"type": "/problems/other", "title": "Other", "status": {{status[..3]}}, "detail": "the disk is broken"}""");
        using var client = new FederationServerClient(new ServerAddress(new Uri($"http://{listener.LocalEndpoint}/"), Key: "key", ""), _ => { });

        if (told is null)
            Assert.Null(await client.FindDivisionAsync("fed", Cancel));
        else
            Assert.Contains(told, (await Assert.ThrowsAnyAsync<UsageException>(() => client.FindDivisionAsync("fed", Cancel))).Message, StringComparison.Ordinal);
        Assert.StartsWith("GET /api/federations/fed/division HTTP/1.1", await answering, StringComparison.Ordinal);
    }

    private static async Task<string> AnswerAsync(TcpListener listener, string status, string body)
    {
        using var connection = await listener.AcceptTcpClientAsync(Cancel);
        await using var stream = connection.GetStream();
        var request = new byte[4096];
        var read = await stream.ReadAsync(request, Cancel);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/problem+json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), Cancel);
        return Encoding.ASCII.GetString(request, 0, read);
    }
}
