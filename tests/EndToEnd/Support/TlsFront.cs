using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using FlDurable.Worker.Tests.Support;

namespace FlDurable.EndToEnd.Support;

/// <summary>What gives a server TLS, as a proxy before it does: takes encrypted connections and hands on what is in them.</summary>
internal sealed class TlsFront : IAsyncDisposable
{
    private readonly NetworkNamespace place;
    private readonly Socket listener;
    private readonly IPEndPoint server;
    private readonly X509Certificate2 certificate;
    private readonly Task taking;

    private TlsFront(NetworkNamespace place, Socket listener, IPEndPoint server, X509Certificate2 certificate, string authority)
    {
        (this.place, this.listener, this.server, this.certificate, Authority) = (place, listener, server, certificate, authority);
        taking = TakeAsync();
    }

    /// <summary>The certificate of the authority that vouches for it, as PEM.</summary>
    public string Authority { get; }

    /// <summary>Puts one before a server.</summary>
    /// <param name="place">Where both are.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="server">Where the server does.</param>
    public static async Task<TlsFront> StartAsync(NetworkNamespace place, IPEndPoint address, IPEndPoint server)
    {
        var (authority, certificate) = TestAuthority.Create("CN=FlDurable test", address.Address);
        var listener = await place.OpenAsync();
        listener.Bind(address);
        listener.Listen();
        return new TlsFront(place, listener, server, certificate, authority);
    }

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await taking;
        certificate.Dispose();
    }

    private async Task TakeAsync()
    {
        try
        {
            while (true)
                _ = HandOnAsync(await listener.AcceptAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private async Task HandOnAsync(Socket caller)
    {
        try
        {
            await using var outside = new SslStream(new NetworkStream(caller, ownsSocket: true));
            await outside.AuthenticateAsServerAsync(certificate);
            var socket = await place.OpenAsync();
            await socket.ConnectAsync(server);
            await using var inside = new NetworkStream(socket, ownsSocket: true);
            await Task.WhenAny(outside.CopyToAsync(inside), inside.CopyToAsync(outside)); // with one direction the other is over too
        }
        catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException)
        {
            // One of the two is gone, as tests want it.
        }
    }
}
