using System.Security.Cryptography;

namespace FlDurable.Shared.Storage;

/// <summary>What ties a reference to bytes.</summary>
internal static class ArtifactContent
{
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie in the artifact, or is longer than stores read.</exception>
    public static void CheckRange(ArtifactReference reference, long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, IArtifactStore.MaxRangeLength);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, reference.Length - length);
    }

    /// <exception cref="ArgumentException">The memory is not as long as the artifact.</exception>
    public static void CheckMemory(ArtifactReference reference, ReadOnlyMemory<byte> memory)
    {
        if (memory.Length != reference.Length)
            throw new ArgumentException($"artifact '{reference.Name}' has {reference.Length} bytes, the memory for it {memory.Length}", nameof(memory));
    }

    /// <exception cref="ArtifactCorruptException">The content is not as long as the reference says.</exception>
    public static void CheckLength(ArtifactReference reference, long length)
    {
        if (length != reference.Length)
            throw new ArtifactCorruptException($"artifact '{reference.Name}' is {length} bytes long, expected {reference.Length}", reference.Name);
    }

    /// <exception cref="ArtifactCorruptException">The content is not what the reference says.</exception>
    public static void Check(ArtifactReference reference, ReadOnlySpan<byte> content)
    {
        CheckLength(reference, content.Length);
        CheckSha256(reference, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    /// <exception cref="ArtifactCorruptException">The content's hash is not what the reference says.</exception>
    public static void CheckSha256(ArtifactReference reference, string sha256)
    {
        if (sha256 != reference.Sha256)
            throw new ArtifactCorruptException($"artifact '{reference.Name}' has SHA-256 {sha256}, expected {reference.Sha256}", reference.Name);
    }
}
