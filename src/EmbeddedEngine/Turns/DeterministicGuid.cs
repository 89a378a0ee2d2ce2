using System.Security.Cryptography;
using System.Text;

namespace FlDurable.EmbeddedEngine.Turns;

/// <summary>Ids drawn from where they are asked for: RFC 9562 version 8, over SHA-256.</summary>
internal static class DeterministicGuid
{
    /// <param name="instanceId">The instance.</param>
    /// <param name="execution">Which of its executions.</param>
    /// <param name="index">How many ids that execution has asked for before.</param>
    public static Guid Create(string instanceId, int execution, int index)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{execution}/{index}/{instanceId}"), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
