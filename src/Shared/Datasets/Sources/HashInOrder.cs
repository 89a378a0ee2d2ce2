using System.Security.Cryptography;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>The SHA-256 of pieces that several threads make: whoever has made one hashes what is done up to the first that is not, unless another is at that.</summary>
/// <param name="header">What comes before the pieces.</param>
/// <param name="pieces">The pieces, in their order.</param>
internal sealed class HashInOrder(ReadOnlySpan<byte> header, IReadOnlyList<Memory<byte>> pieces) : IDisposable
{
    private readonly Lock gate = new();
    private readonly IncrementalHash hash = Begin(header);
    private readonly bool[] done = new bool[pieces.Count];
    private int hashed;

    /// <summary>A piece is made, and does not change any more.</summary>
    public void IsDone(int index)
    {
        Volatile.Write(ref done[index], true);
        if (!gate.TryEnter())
            return;
        try
        {
            HashDone();
        }
        finally
        {
            gate.Exit();
        }
    }

    /// <summary>The hash of all, in hexadecimal; once every piece is done and nobody is making any.</summary>
    /// <exception cref="InvalidOperationException">A piece is not done.</exception>
    public string Sha256()
    {
        lock (gate)
        {
            HashDone();
            return hashed == pieces.Count
                ? Convert.ToHexStringLower(hash.GetHashAndReset())
                : throw new InvalidOperationException($"piece {hashed} of {pieces.Count} is not done");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();

    private void HashDone()
    {
        for (; hashed < pieces.Count && Volatile.Read(ref done[hashed]); hashed++)
            hash.AppendData(pieces[hashed].Span);
    }

    private static IncrementalHash Begin(ReadOnlySpan<byte> header)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header);
        return hash;
    }
}
