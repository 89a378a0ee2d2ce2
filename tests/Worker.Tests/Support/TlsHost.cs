using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FlDurable.Worker.Tests.Support;

/// <summary>Answers every request that comes encrypted with 204, by a certificate of an authority that nobody knows.</summary>
internal sealed class TlsHost : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly X509Certificate2 certificate;
    private readonly Task answering;

    /// <param name="authority">The authority's name.</param>
    public TlsHost(string authority)
    {
        var now = DateTimeOffset.UtcNow;
        using var keyOfAuthority = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest(authority, keyOfAuthority, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        using var issuer = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        Authority = issuer.ExportCertificatePem();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=host", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(issuer, now.AddDays(-1), now.AddDays(1), [1, 2, 3, 4]);
        using var withKey = issued.CopyWithPrivateKey(key);
        certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null);
        listener.Start();
        answering = AnswerAsync();
    }

    /// <summary>The authority's certificate, as PEM.</summary>
    public string Authority { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address => new($"https://{listener.LocalEndpoint}");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await answering;
        listener.Dispose();
        stop.Dispose();
        certificate.Dispose();
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                using var caller = await listener.AcceptTcpClientAsync(stop.Token);
                await AnswerAsync(caller);
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private async Task AnswerAsync(TcpClient caller)
    {
        await using var stream = new SslStream(caller.GetStream());
        try
        {
            await stream.AuthenticateAsServerAsync(certificate);
            if (await stream.ReadAsync(new byte[4096]) > 0)
                await stream.WriteAsync("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"u8.ToArray());
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            // The caller did not trust the certificate.
        }
    }
}
