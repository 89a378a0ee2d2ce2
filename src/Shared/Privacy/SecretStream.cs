using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Privacy;

/// <summary>What secret random numbers are for. Streams for different purposes have nothing in common.</summary>
public enum SecretPurpose
{
    /// <summary>Choosing the clients that train.</summary>
    Selection = 1,

    /// <summary>Noise on the mean of the updates.</summary>
    ServerNoise = 2,

    /// <summary>Noise on how many updates are within the clip.</summary>
    CountNoise = 3,

    /// <summary>Noise on a client's update, before it leaves the client.</summary>
    ClientNoise = 4,
}

/// <summary>
/// Random numbers that only who has the key can tell: AES-256 in counter mode (NIST SP 800-38A), its key made of the federation's by
/// HMAC-SHA256 of (purpose, round, client). The same key gives the same numbers, so that what is drawn again after a crash is what was drawn.
/// A published seed would give them to everybody, and noise that can be subtracted hides nothing.
/// </summary>
public sealed class SecretStream : INumberStream, IDisposable
{
    /// <summary>The bytes of a key.</summary>
    public const int KeyLength = 32;

    private const int BlockLength = 16;
    private const int BlocksAtATime = 256;

    private readonly Aes aes = Aes.Create();
    private readonly byte[] counters = new byte[BlockLength * BlocksAtATime];
    private readonly byte[] numbers = new byte[BlockLength * BlocksAtATime];
    private ulong nextBlock;
    private int used = BlockLength * BlocksAtATime;

    /// <summary>The stream's beginning.</summary>
    /// <param name="key">The federation's key.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="round">The round.</param>
    /// <param name="client">The client's index, 0 where there is none.</param>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public SecretStream(ReadOnlySpan<byte> key, SecretPurpose purpose, int round, int client = 0)
    {
        if (key.Length != KeyLength)
            throw new ArgumentException($"the key has {key.Length} bytes, expected {KeyLength}", nameof(key));
        aes.Key = HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(FormattableString.Invariant($"fldurable {(int)purpose} {round} {client}")));
    }

    /// <inheritdoc/>
    public double NextDouble()
    {
        if (used == numbers.Length)
            Refill();
        var bits = BinaryPrimitives.ReadUInt64LittleEndian(numbers.AsSpan(used));
        used += sizeof(ulong);
        return (bits >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Normal with mean 0 and variance 1.</summary>
    public double NextNormal() => NumberStreams.NextNormal(this);

    /// <inheritdoc/>
    public void Dispose() => aes.Dispose();

    private void Refill()
    {
        for (var block = 0; block < BlocksAtATime; block++)
            BinaryPrimitives.WriteUInt64BigEndian(counters.AsSpan((block * BlockLength) + sizeof(ulong)), nextBlock++);
        aes.EncryptEcb(counters, numbers, PaddingMode.None);
        used = 0;
    }
}
