using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FlDurable.Worker.Tests.Support;

/// <summary>An authority that no machine trusts until it is told to, and the one certificate that it has issued. Both hold for a day.</summary>
/// <param name="Pem">The authority's own certificate, as PEM.</param>
/// <param name="Issued">The server's, with its key; whoever takes it disposes of it.</param>
internal sealed record TestAuthority(string Pem, X509Certificate2 Issued)
{
    /// <summary>Makes one.</summary>
    /// <param name="name">Its name, such as <c>CN=an authority</c>.</param>
    /// <param name="server">The address that the certificate is for.</param>
    public static TestAuthority Create(string name, IPAddress server)
    {
        var now = DateTimeOffset.UtcNow;
        using var keyOfAuthority = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest(name, keyOfAuthority, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        using var issuer = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(server);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(issuer, now.AddDays(-1), now.AddDays(1), [1, 2, 3, 4]);
        using var withKey = issued.CopyWithPrivateKey(key);
        return new TestAuthority(issuer.ExportCertificatePem(), X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null));
    }
}
