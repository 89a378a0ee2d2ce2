using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FlDurable.Worker;

/// <summary>How a worker calls its host.</summary>
internal static class WorkerConnection
{
    // Names change their addresses: a connection that is kept for ever is with one that was.
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(15);

    /// <exception cref="WorkerException">A key would be read on the way.</exception>
    public static void RequireSafe(Uri server)
    {
        if (server.Scheme != Uri.UriSchemeHttps && !server.IsLoopback)
            throw new WorkerException($"the server '{server}' is to be called by http, which anybody on the way can read: expected https");
    }

    /// <summary>What a host is called with.</summary>
    /// <param name="certificateFile">Certificates (PEM) that may sign the host's; null for those that the machine trusts.</param>
    /// <param name="between">What stands between the worker and the network; null for nothing.</param>
    /// <exception cref="WorkerException">The certificates can't be read.</exception>
    public static HttpClient Open(string? certificateFile, Func<HttpMessageHandler, HttpMessageHandler>? between)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = ConnectionLife, ConnectTimeout = ConnectPatience };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, errors) => errors == SslPolicyErrors.None ? true : throw NotTrusted(presented, errors);
        if (certificateFile is not null)
            handler.SslOptions.CertificateChainPolicy = Trusting(certificateFile);
        return new HttpClient(between?.Invoke(handler) ?? handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    // Whose it is tells who stands between: many networks have a proxy that opens what is encrypted.
    private static AuthenticationException NotTrusted(X509Certificate? presented, SslPolicyErrors errors) => new(presented is null
        ? "the host has shown no certificate"
        : $"the certificate that was shown is not trusted ({errors}): it is of '{presented.Subject}', issued by '{presented.Issuer}'; --ca names a file with whose certificates are");

    private static X509ChainPolicy Trusting(string file)
    {
        try
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(file);
            return policy.CustomTrustStore.Count > 0 ? policy : throw new WorkerException($"the file '{file}' holds no certificate in PEM");
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new WorkerException($"the certificates '{file}' can't be read: {exception.Message}", exception);
        }
    }
}
