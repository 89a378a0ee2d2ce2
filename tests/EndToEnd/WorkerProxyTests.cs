using System.Net;
using System.Net.Sockets;
using System.Text;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>A worker in a network that lets nobody out but by a proxy.</summary>
public sealed class WorkerProxyTests : IDisposable
{
    private const string Password = "PATIENT-4711";

    private readonly TestFolders folders = new();
    private readonly TcpListener proxy = new(IPAddress.Loopback, 0);
    private readonly TcpListener host = new(IPAddress.Loopback, 0);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        proxy.Dispose();
        host.Dispose();
        folders.Dispose();
    }

    [Fact]
    public async Task It_goes_by_the_proxy_but_where_that_is_not_asked_for_and_tells_nobody_of_its_login()
    {
        proxy.Start();
        host.Start();
        await folders.RunShellAsync($"umask 077; printf site_one_%064d 0 > one.key");
        var environment = new Dictionary<string, string> { ["HTTPS_PROXY"] = $"http://somebody:{Password}@{proxy.LocalEndpoint}", ["NO_PROXY"] = "127.0.0.1" };
        await using var behind = Work("behind", "https://fl.example.invalid", environment);
        await using var direct = Work("direct", $"https://{host.LocalEndpoint}", environment);

        var asked = new List<string>();
        while (asked.Count(request => request.Contains("Proxy-Authorization: Basic", StringComparison.Ordinal)) < 2) // the second after the first was refused, and that logged
            asked.Add(await RefuseAsync());
        using var connection = await host.AcceptTcpClientAsync(Cancel);
        var hello = new byte[1];
        await connection.GetStream().ReadExactlyAsync(hello, Cancel);
        await behind.KillAsync();
        var end = await behind.EndAsync();

        Assert.All(asked, request => Assert.StartsWith("CONNECT fl.example.invalid:443 ", request, StringComparison.Ordinal));
        Assert.Equal(0x16, hello[0]); // of TLS
        Assert.Contains("No answer from the host", end.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, end.Output + end.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes($"somebody:{Password}")), end.Output + end.Error, StringComparison.Ordinal);
    }

    private FlDurableProcess Work(string name, string server, Dictionary<string, string> environment) => FlDurableProcess.Start(
        folders, environment, "work", "--log-level", "trace", "--state", folders[name], "--server", server, "--key-file", folders["one.key"], "--data", "synthetic:train=64,test=8");

    /// <summary>Answers a request to the proxy as one that has another login, or cannot reach the host.</summary>
    private async Task<string> RefuseAsync()
    {
        using var caller = await proxy.AcceptTcpClientAsync(Cancel);
        var (stream, request) = (caller.GetStream(), new StringBuilder());
        var buffer = new byte[4096];
        while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, Cancel) is var read and > 0)
            request.Append(Encoding.ASCII.GetString(buffer, 0, read));
        var hasLogin = request.ToString().Contains("Proxy-Authorization", StringComparison.Ordinal);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(hasLogin
            ? "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            : "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"hospital\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), Cancel);
        return request.ToString();
    }
}
