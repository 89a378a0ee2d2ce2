using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
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
        (Authority, certificate) = TestAuthority.Create(authority, IPAddress.Loopback);
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
