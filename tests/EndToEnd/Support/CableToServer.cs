using System.Net;
using System.Net.Sockets;

namespace FlDurable.EndToEnd.Support;

/// <summary>A way to a server on this machine that can be cut: what is sent then is not lost, but does not arrive, and nobody is told.</summary>
internal sealed class CableToServer : IAsyncDisposable
{
    private const int ChunkBytes = 16 * 1024;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly int server;
    private readonly Task accepting;
    private volatile TaskCompletionSource whole = Whole();

    /// <summary>Lays one.</summary>
    /// <param name="server">The server's port.</param>
    public CableToServer(int server)
    {
        this.server = server;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>Where its other end is.</summary>
    public Uri Address => new($"http://{listener.LocalEndpoint}");

    /// <summary>Cuts it for a while.</summary>
    public async Task CutAsync(TimeSpan howLong, CancellationToken cancellationToken)
    {
        whole = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Task.Delay(howLong, cancellationToken);
        whole.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Dispose();
        await accepting;
        end.Dispose();
    }

    private static TaskCompletionSource Whole()
    {
        var whole = new TaskCompletionSource();
        whole.SetResult();
        return whole;
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ConnectAsync(await listener.AcceptTcpClientAsync(end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ConnectAsync(TcpClient worker)
    {
        using (worker)
        using (var host = new TcpClient())
        {
            try
            {
                await whole.Task.WaitAsync(end.Token);
                await host.ConnectAsync(IPAddress.Loopback, server, end.Token);
                await Task.WhenAny(PassAsync(worker, host), PassAsync(host, worker)); // one that ends ends the other
            }
            catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
            {
                // The server is just not there, or it is all over: the worker is told by the end of its connection.
            }
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to)
    {
        var chunk = new byte[ChunkBytes];
        while (await from.GetStream().ReadAsync(chunk, end.Token) is > 0 and var read)
        {
            await whole.Task.WaitAsync(end.Token);
            await to.GetStream().WriteAsync(chunk.AsMemory(0, read), end.Token);
        }
    }
}
