using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FlDurable.Api.Tests.Support;

/// <summary>nginx with the lines that docs/proxy.md shows, before a host.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private const string ShownUpstream = "http://127.0.0.1:7071";

    private readonly TestFolder folder;
    private readonly Process process;

    private Nginx(TestFolder folder, Process process, Uri address)
    {
        this.folder = folder;
        this.process = process;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>The program; null where it isn't installed.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
        .Select(place => Path.Combine(place, "nginx")).FirstOrDefault(File.Exists);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Starts it on a port that is free. Another program may take that first: then on another.</summary>
    public static async Task<Nginx> StartAsync(Uri host)
    {
        for (var tries = 10; ; tries--)
        {
            var folder = new TestFolder();
            var address = new Uri($"http://127.0.0.1:{FreePort()}");
            await File.WriteAllTextAsync(Path.Combine(folder.Path, "nginx.conf"), Configuration(folder.Path, address, host), Cancel);
            var process = Process.Start(new ProcessStartInfo(Program!)
            {
                ArgumentList = { "-p", folder.Path, "-c", "nginx.conf", "-e", "stderr" },
                RedirectStandardError = true,
            })!;
            var nginx = new Nginx(folder, process, address);
            var errors = process.StandardError.ReadToEndAsync(Cancel);
            if (await nginx.AnswersAsync())
                return nginx;
            await nginx.DisposeAsync();
            Assert.True(tries > 0, await errors);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
        folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Configuration(string folder, Uri address, Uri host)
    {
        var shown = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "proxy.md")).Split("```nginx\n")[1].Split("```")[0];
        Assert.Contains(ShownUpstream, shown, StringComparison.Ordinal);
        var temporary = string.Concat(
            ((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]).Select(kind => $"{kind}_temp_path {folder}/{kind};\n"));
        return $$"""
            daemon off;
            master_process off;
            pid {{folder}}/pid;
            events { }
            http {
                access_log off;
                {{temporary}}
                server {
                    listen {{address.Authority}};
                    {{shown.Replace(ShownUpstream, host.ToString().TrimEnd('/'), StringComparison.Ordinal)}}
                }
            }
            """;
    }

    private async Task<bool> AnswersAsync()
    {
        while (!process.HasExited)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, Address.Port, Cancel);
                return !process.HasExited;
            }
            catch (SocketException)
            {
                await Task.Yield();
            }
        }

        return false;
    }
}
