using System.Security.Cryptography;
using System.Text;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>What fingerprints are made of.</summary>
internal static class SourceFingerprint
{
    /// <summary>The SHA-256 of a source's kind, the version of the code that decodes it, and what identifies its content.</summary>
    public static string Of(string kind, int decoderVersion, string identity) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{kind}/{decoderVersion}/{identity}"))));
}
