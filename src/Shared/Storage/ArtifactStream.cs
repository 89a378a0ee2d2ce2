using System.Security.Cryptography;

namespace FlDurable.Shared.Storage;

/// <summary>
/// An artifact as a stream, for whoever hands it on: of an artifact of any length it holds one part. At first no more is read than is asked
/// for; whoever goes on from there gets longer parts. Read from its beginning to its end, it is held against its SHA-256 before the last
/// part is given out.
/// </summary>
/// <param name="store">Where the artifact is.</param>
/// <param name="artifact">The artifact.</param>
public sealed class ArtifactStream(IArtifactStore store, ArtifactReference artifact) : Stream
{
    /// <summary>The longest part: it takes longer to send than to ask for.</summary>
    public const int MaxPartLength = 1 << 20;

    private const int Growth = 4;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] kept = [];
    private Memory<byte> part;
    private long partOffset;
    private long hashed;
    private long position;
    private ArtifactCorruptException? mismatch;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => artifact.Length;

    /// <inheritdoc/>
    public override long Position
    {
        get => position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            position = value;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArtifactStoreException">As <see cref="IArtifactStore.ReadRangeAsync"/> says.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (mismatch is not null)
            throw new ArtifactCorruptException(mismatch.Message, mismatch.Artifact);
        if (buffer.IsEmpty || position >= Length)
            return 0;
        if (position < partOffset || position >= partOffset + part.Length)
            await ReadPartAsync(buffer.Length, cancellationToken);
        var available = part[(int)(position - partOffset)..];
        var read = Math.Min(available.Length, buffer.Length);
        available[..read].CopyTo(buffer);
        position += read;
        return read;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not there: a store is read asynchronously.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read it asynchronously");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => position,
        _ => Length,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <summary>Not there: artifacts don't change.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw new NotSupportedException("artifacts don't change");

    /// <inheritdoc cref="SetLength"/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("artifacts don't change");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            hash.Dispose();
        base.Dispose(disposing);
    }

    private async Task ReadPartAsync(int asked, CancellationToken cancellationToken)
    {
        var goesOn = part.Length > 0 && position == partOffset + part.Length;
        var length = (int)Math.Min(Math.Min(Math.Max(asked, goesOn ? Growth * part.Length : 0), MaxPartLength), Length - position);
        part = Memory<byte>.Empty; // what a failure leaves there is no part
        if (kept.Length < length)
            kept = new byte[length];
        var next = kept.AsMemory(0, length);
        await store.ReadRangeAsync(artifact, position, next, cancellationToken);
        Check(next.Span);
        (part, partOffset) = (next, position);
    }

    private void Check(ReadOnlySpan<byte> next)
    {
        if (position != hashed)
            return;
        hash.AppendData(next);
        hashed += next.Length;
        if (hashed < Length)
            return;
        try
        {
            ArtifactContent.CheckSha256(artifact, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch (ArtifactCorruptException exception)
        {
            mismatch = exception;
            throw;
        }
    }
}
