using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace FlDurable.Api.Work;

/// <summary>
/// Updates on their way: files of a folder, each named by its lease and the SHA-256 that it is to have, so that one that was cut off goes on
/// where it was and one that is sent twice is there once. A lease has one at a time: another SHA-256 takes its place. Memory holds a chunk of each, and one update as a whole at a time.
/// </summary>
/// <param name="folder">The folder, which is made when something first comes.</param>
public sealed class UpdateUploads(string folder) : IDisposable
{
    private const int ChunkBytes = 64 * 1024;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim reading = new(1);
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
            Delete(file => file.Name.StartsWith($"{lease}-", StringComparison.Ordinal) && file.Name != NameOf(lease, sha256));
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
        await reading.WaitAsync(cancellationToken);
        try
        {
            var path = PathOf(lease, sha256);
            var content = File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken) : null;
            return await use(content is not null && Convert.ToHexStringLower(SHA256.HashData(content)) == sha256 ? content : (ReadOnlyMemory<byte>?)null);
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>Forgets what has come under a lease that is over, and what nobody came back for.</summary>
    public void Forget(string lease) =>
        Delete(file => file.Name.StartsWith($"{lease}-", StringComparison.Ordinal) || DateTime.UtcNow - file.LastWriteTimeUtc > Kept);

    /// <inheritdoc/>
    public void Dispose() => reading.Dispose();

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
