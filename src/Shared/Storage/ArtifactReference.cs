using System.Security.Cryptography;

namespace FlDurable.Shared.Storage;

/// <summary>
/// A claim check: which artifact, and what its content must be. This is what travels through the orchestration instead of content.
/// </summary>
/// <param name="Name">The blob name (<see cref="ArtifactNames"/>).</param>
/// <param name="Length">The content's length in bytes.</param>
/// <param name="Sha256">The SHA-256 of the content, 64 lower-case hexadecimal digits.</param>
public sealed record ArtifactReference(string Name, long Length, string Sha256)
{
    /// <summary>
    /// The storage account of somebody else that has the artifact, by the name that the host's configuration gives it
    /// (<see cref="ArtifactAccounts"/>); null for the federation's own. Only a client's data may be elsewhere.
    /// </summary>
    public string? Account { get; init; }

    /// <summary>The reference of an artifact of the federation's own with this content.</summary>
    public static ArtifactReference Of(string name, ReadOnlySpan<byte> content) =>
        new(name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
}
