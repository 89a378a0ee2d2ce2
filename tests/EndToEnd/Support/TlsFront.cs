using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

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
        var now = DateTimeOffset.UtcNow;
        using var keyOfAuthority = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=FlDurable test", keyOfAuthority, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        using var issuer = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address.Address);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(issuer, now.AddDays(-1), now.AddDays(1), [1, 2, 3, 4]);
        using var withKey = issued.CopyWithPrivateKey(key);
        var certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null);
        var listener = await place.OpenAsync();
        listener.Bind(address);
        listener.Listen();
        return new TlsFront(place, listener, server, certificate, issuer.ExportCertificatePem());
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
