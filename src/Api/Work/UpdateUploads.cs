using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace FlDurable.Api.Work;

/// <summary>
/// Updates on their way: files of a folder, each named by its lease and the SHA-256 that it is to have, so that one that was cut off goes on
/// where it was and one that is sent twice is there once. A lease has one at a time: another SHA-256 takes its place. What is neither sent on nor kept by a renewal for longer than a
/// lease lasts is deleted when anything else is taken or forgotten. Memory holds a chunk of each, and one update as a whole at a time.
/// </summary>
/// <param name="folder">The folder, which is made when something first comes.</param>
public sealed class UpdateUploads(string folder) : IDisposable
{
    private const int ChunkBytes = 64 * 1024;

    // A lease lasts a minute at most from its last renewal.
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim reading = new(1);
    private int waiting;
    private byte[] buffer = [];
    private readonly ConcurrentDictionary<string, bool> taking = new(StringComparer.Ordinal);

    /// <summary>How much has come of an update.</summary>
    public long Received(string lease, string sha256) => new FileInfo(PathOf(lease, sha256)) is { Exists: true } file ? file.Length : 0;

    /// <summary>Takes more of an update.</summary>
    /// <param name="lease">The lease that it is sent under.</param>
    /// <param name="sha256">The SHA-256 that it is to have.</param>
    /// <param name="offset">Where this part begins.</param>
    /// <param name="most">How long the update can be.</param>
    /// <param name="content">The part.</param>
    /// <param name="cancellationToken">Stops; what has come is kept.</param>
    /// <returns>How much has come; null if the part does not begin where what has come ends.</returns>
    /// <exception cref="UploadTooLongException">It is longer than it can be.</exception>
    /// <exception cref="IOException">It can't be kept, or one is just being sent under the lease.</exception>
    public async Task<long?> TakeAsync(string lease, string sha256, long offset, long most, Stream content, CancellationToken cancellationToken)
    {
        if (!taking.TryAdd(lease, true))
            throw new IOException("an update is just being sent under the lease");
        try
        {
            Delete(file => IsOf(lease, file) ? file.Name != NameOf(lease, sha256) : IsLeft(file));
            return await TakeAloneAsync(PathOf(lease, sha256), offset, most, content, cancellationToken);
        }
        finally
        {
            taking.TryRemove(lease, out _);
        }
    }

    private async Task<long?> TakeAloneAsync(string path, long offset, long most, Stream content, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        if (offset > file.Length)
            return null;
        file.SetLength(offset);
        file.Seek(offset, SeekOrigin.Begin);
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (await content.ReadAsync(chunk.AsMemory(0, ChunkBytes), cancellationToken) is var read and > 0)
            {
                if (file.Position + read > most)
                    throw new UploadTooLongException(most);
                await file.WriteAsync(chunk.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        return file.Position;
    }

    /// <summary>Uses an update that has come as a whole; null stands for one that has not, or is not of its SHA-256.</summary>
    public async Task<T> UseAsync<T>(string lease, string sha256, Func<ReadOnlyMemory<byte>?, Task<T>> use, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await reading.WaitAsync(cancellationToken);
            try
            {
                var content = await ReadAsync(PathOf(lease, sha256), cancellationToken);
                return await use(content is { } whole && Convert.ToHexStringLower(SHA256.HashData(whole.Span)) == sha256 ? whole : (ReadOnlyMemory<byte>?)null);
            }
            finally
            {
                if (Volatile.Read(ref waiting) == 1)
                    buffer = []; // nobody else is there who could use it
                reading.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <summary>Reads a file into memory that the next may use again: of many that come at once each would leave as much to be collected.</summary>
    /// <returns>Null if there is none.</returns>
    private async Task<ReadOnlyMemory<byte>?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            return null;
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        var length = checked((int)file.Length);
        if (buffer.Length < length)
            buffer = GC.AllocateUninitializedArray<byte>(length);
        await file.ReadExactlyAsync(buffer.AsMemory(0, length), cancellationToken);
        return buffer.AsMemory(0, length);
    }

    /// <summary>Keeps what has come under a lease that was renewed.</summary>
    public void Keep(string lease)
    {
        if (!Directory.Exists(folder) || taking.ContainsKey(lease))
            return; // nothing has come, or more of it is just coming
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles($"{lease}-*"))
            file.LastWriteTimeUtc = DateTime.UtcNow;
    }

    /// <summary>Forgets what has come under leases that are over.</summary>
    public void ForgetLeft() => Delete(IsLeft);

    /// <summary>Forgets what has come under a lease that is over, and under others that are.</summary>
    public void Forget(string lease) => Delete(file => IsOf(lease, file) || IsLeft(file));

    /// <inheritdoc/>
    public void Dispose() => reading.Dispose();

    private static bool IsOf(string lease, FileInfo file) => file.Name.StartsWith($"{lease}-", StringComparison.Ordinal);

    private bool IsLeft(FileInfo file) => DateTime.UtcNow - file.LastWriteTimeUtc > Kept && !taking.ContainsKey(file.Name.Split('-')[0]);

    private void Delete(Func<FileInfo, bool> which)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(which))
            file.Delete();
    }

    private string PathOf(string lease, string sha256) => Path.Combine(folder, NameOf(lease, sha256));

    private static string NameOf(string lease, string sha256) => $"{lease}-{sha256}";
}

/// <summary>An update is longer than its network's parameters can be.</summary>
/// <param name="most">How long it can be.</param>
public sealed class UploadTooLongException(long most) : Exception(FormattableString.Invariant($"expected an update of at most {most} bytes"));
