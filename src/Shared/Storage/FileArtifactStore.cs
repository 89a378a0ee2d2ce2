using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace FlDurable.Shared.Storage;

/// <summary>
/// Artifacts as files of a folder. An artifact is written aside, flushed, linked to its name and the folder flushed, in this order: at
/// every moment a name has all of its content or does not exist.
/// </summary>
public sealed class FileArtifactStore : IArtifactStore
{
    // The writer of a file in here has died, or is at work right now.
    private const string StagingFolder = ".staging";
    private const UnixFileMode OwnerReads = UnixFileMode.UserRead;
    private const UnixFileMode OwnerWrites = UnixFileMode.UserWrite;
    private const UnixFileMode OwnerEnters = UnixFileMode.UserExecute;
    private const int HashedAtOnce = 256 * 1024;
    private const int MostFoldersKnown = 4096;
    private static readonly TimeSpan StagingLifetime = TimeSpan.FromDays(1);

    private readonly string root;
    private readonly IDurableFiles files;
    private readonly Lazy<string> staging;
    private readonly VerifiedArtifacts verified = new();

    // Folders whose names are on the disk, up to the root's own.
    private readonly ConcurrentDictionary<string, bool> durableFolders = new(StringComparer.Ordinal);
    private readonly Lock foldersGate = new();
    private int deletions;

    /// <summary>Takes a folder, which is made when something is first put there.</summary>
    public FileArtifactStore(string root)
        : this(root, new DurableFiles())
    {
    }

    /// <summary>With steps of a test's own.</summary>
    internal FileArtifactStore(string root, IDurableFiles files)
    {
        this.root = Path.GetFullPath(root);
        this.files = files;
        staging = new Lazy<string>(OpenStaging, LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>Whether what is found is only shown, so that nobody relies on it and it need not be brought to the disk first.</summary>
    public bool OnlyShows { get; init; }

    /// <summary>Whether what is there is to be there, and whole, once the power has gone. Where it need not be, whoever reads it knows that the machine has not been started anew since.</summary>
    public bool OutlivesPower
    {
        get => files is not UnflushedFiles;
        init => files = value ? files : new UnflushedFiles(files);
    }

    /// <inheritdoc/>
    public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        PutAsync(name, content, hashed: null, cancellationToken);

    /// <inheritdoc/>
    public Task<ArtifactReference> PutAsync(ArtifactReference artifact, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        PutAsync(artifact.Name, content, artifact, cancellationToken);

    private async Task<ArtifactReference> PutAsync(
        string name, ReadOnlyMemory<byte> content, ArtifactReference? hashed, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        try
        {
            if (!File.Exists(path))
            {
                EnsureFolder(Path.GetDirectoryName(path)!);
                if (await TryWriteAsync(path, content, cancellationToken))
                {
                    var written = hashed ?? ArtifactReference.Of(name, content.Span);
                    verified.Add(written, File.GetLastWriteTimeUtc(path));
                    return written;
                }
            }

            return await FindAsync(name, cancellationToken)
                ?? throw new ArtifactStoreException($"artifact '{name}' was deleted while it was written");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ArtifactStoreException($"artifact '{name}' can't be written under '{root}': {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    /// <remarks>What is read is hashed, each time: it is computed with, and a file can be damaged at any moment.</remarks>
    public async Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        byte[] content = [];
        await ReadAsync(reference, () => content = GC.AllocateUninitializedArray<byte>(checked((int)reference.Length)), cancellationToken);
        return content;
    }

    /// <inheritdoc/>
    public Task ReadAsync(ArtifactReference reference, Memory<byte> content, CancellationToken cancellationToken)
    {
        ArtifactContent.CheckMemory(reference, content);
        return ReadAsync(reference, () => content, cancellationToken);
    }

    /// <summary>Reads into memory that is asked for once the file is known to be as long as the reference says.</summary>
    private async Task ReadAsync(ArtifactReference reference, Func<Memory<byte>> memory, CancellationToken cancellationToken)
    {
        var path = PathOf(reference.Name);
        try
        {
            using var file = File.OpenHandle(path);
            ArtifactContent.CheckLength(reference, RandomAccess.GetLength(file));
            var content = memory();
            await ReadExactlyAsync(file, 0, content, cancellationToken);
            ArtifactContent.Check(reference, content.Span);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Missing(reference);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(reference.Name, exception);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The file is hashed as a whole the first time that this process reads of it, and again once it was written to, so that parts cost what
    /// they are long.
    /// </remarks>
    public async Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        var path = PathOf(reference.Name);
        ArtifactContent.CheckRange(reference, offset, part.Length);
        if (part.IsEmpty)
            return;
        try
        {
            using var file = File.OpenHandle(path);
            ArtifactContent.CheckLength(reference, RandomAccess.GetLength(file));
            var written = File.GetLastWriteTimeUtc(file);
            if (!verified.Contains(reference, written))
            {
                ArtifactContent.CheckSha256(reference, await HashAsync(file, cancellationToken));
                verified.Add(reference, written);
            }

            await ReadExactlyAsync(file, offset, part, cancellationToken);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Missing(reference);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(reference.Name, exception);
        }
    }

    /// <inheritdoc/>
    /// <remarks>The file is read once, to be hashed.</remarks>
    public async Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (await TryDescribeFileAsync(name, cancellationToken) is not var (found, written))
            return null;
        if (!OnlyShows && !verified.Contains(found, written))
        {
            // Whoever wrote it may have died before the folder was flushed; who is told that the artifact is there relies on it.
            MakeDurable(PathOf(name));
            verified.Add(found, written);
        }

        return found;
    }

    /// <inheritdoc/>
    public void Unload(string name)
    {
        if (!OutlivesPower)
            return; // it may not be on the disk yet
        try
        {
            using var file = File.OpenHandle(PathOf(name));
            PageCache.Drop(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Only memory is lost by it. What is wrong with the file is said to whoever reads it.
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name.EndsWith('/') ? name[..^1] : name);
        try
        {
            if (name.EndsWith('/'))
            {
                ForgetFolder(path);
                DeleteFolder(path);
                ForgetFolder(path); // also who came in between
            }
            else
            {
                File.Delete(path);
            }

            return Task.CompletedTask;
        }
        catch (DirectoryNotFoundException)
        {
            return Task.CompletedTask; // another deleted it first
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ArtifactStoreException($"'{name}' can't be deleted under '{root}': {exception.Message}", exception);
        }
    }

    /// <summary>Deletes a folder and all in it, also while somebody who has not heard yet that it goes puts a file into it.</summary>
    private static void DeleteFolder(string path)
    {
        const int mostAttempts = 100;
        for (var attempt = 1; Directory.Exists(path); attempt++)
        {
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (IOException) when (attempt < mostAttempts)
            {
                // It was not empty any more.
            }
        }
    }

    private async Task<bool> TryWriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var aside = Path.Combine(staging.Value, Guid.NewGuid().ToString("N"));
        try
        {
            await using (var file = new FileStream(aside, OwnFile()))
            {
                await files.WriteAsync(file, path, content, cancellationToken);
                files.Flush(file, path);
            }

            if (!files.TryName(aside, path))
                return false;
            files.FlushEntry(path);
            return true;
        }
        finally
        {
            File.Delete(aside);
        }
    }

    private async Task<(ArtifactReference Artifact, DateTime Written)?> TryDescribeFileAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        try
        {
            if (IsMissing(path))
                return null;
            using var file = File.OpenHandle(path);
            var written = File.GetLastWriteTimeUtc(file);
            return (new ArtifactReference(name, RandomAccess.GetLength(file), await HashAsync(file, cancellationToken)), written);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(name, exception);
        }
    }

    /// <summary>
    /// Missing is the usual answer, and an exception costs more than the question. Unlike <see cref="File.Exists"/> this throws where
    /// it can't be told, such as in a folder that may not be read.
    /// </summary>
    private static bool IsMissing(string path)
    {
        const FileAttributes none = (FileAttributes)(-1);
        return new FileInfo(path).Attributes == none;
    }

    private static async Task ReadExactlyAsync(SafeFileHandle file, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        for (var read = 0; read < part.Length;)
        {
            read += await ReadAsync(file, part[read..], offset + read, cancellationToken) is > 0 and var more
                ? more
                : throw new EndOfStreamException("it became shorter while it was read");
        }
    }

    /// <summary>What is small is read at once: to hand it to another thread takes longer.</summary>
    private static ValueTask<int> ReadAsync(SafeFileHandle file, Memory<byte> part, long offset, CancellationToken cancellationToken) =>
        part.Length <= DurableFiles.MostAtOnce
            ? ValueTask.FromResult(RandomAccess.Read(file, part.Span, offset))
            : RandomAccess.ReadAsync(file, part, offset, cancellationToken);

    private static async Task<string> HashAsync(SafeFileHandle file, CancellationToken cancellationToken)
    {
        if (RandomAccess.GetLength(file) is > 0 and <= DurableFiles.MostAtOnce and var length)
            return HashSmall(file, (int)length);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(HashedAtOnce);
        try
        {
            long offset = 0;
            while (await RandomAccess.ReadAsync(file, buffer, offset, cancellationToken) is > 0 and var read)
            {
                hash.AppendData(buffer, 0, read);
                offset += read;
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Of a file of some length, which may be another by now.</summary>
    private static string HashSmall(SafeFileHandle file, int length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            for (long offset = 0; RandomAccess.Read(file, buffer, offset) is > 0 and var read; offset += read)
                hash.AppendData(buffer, 0, read);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ArtifactMissingException Missing(ArtifactReference reference) => new($"artifact '{reference.Name}' is missing under '{root}'", reference.Name);

    // Of a folder in a file's place the system says that access is denied, as of what will be allowed again.
    private ArtifactStoreException Unreadable(string name, Exception exception) => Directory.Exists(PathOf(name))
        ? new ArtifactCorruptException($"artifact '{name}' is damaged: under '{root}' a folder is in its place, to be moved away", name)
        : new ArtifactStoreException($"artifact '{name}' can't be read under '{root}': {exception.Message}", exception);

    private void EnsureFolder(string folder)
    {
        if (durableFolders.ContainsKey(folder))
            return;
        var before = Volatile.Read(ref deletions);
        CreateFolder(folder);
        var made = new List<string>();
        for (var at = folder; !durableFolders.ContainsKey(at); at = Path.GetDirectoryName(at)!)
        {
            files.FlushEntry(at);
            made.Add(at);
            if (at == root)
                break;
        }

        lock (foldersGate)
        {
            // A folder that was deleted meanwhile may have been made again by somebody who is still to flush it.
            if (before != deletions)
                return;
            if (durableFolders.Count > MostFoldersKnown)
                durableFolders.Clear();
            foreach (var at in made)
                durableFolders[at] = true;
        }
    }

    /// <summary>A folder that is deleted is not there any more, nor what was in it.</summary>
    private void ForgetFolder(string path)
    {
        lock (foldersGate)
        {
            deletions++;
            foreach (var folder in durableFolders.Keys)
            {
                if (folder.StartsWith(path, StringComparison.Ordinal) && (folder.Length == path.Length || folder[path.Length] == Path.DirectorySeparatorChar))
                    durableFolders.TryRemove(folder, out _);
            }
        }
    }

    private void MakeDurable(string path)
    {
        try
        {
            EnsureFolder(Path.GetDirectoryName(path)!);
            files.FlushEntry(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ArtifactStoreException($"the artifact folder of '{path}' can't be flushed: {exception.Message}", exception);
        }
    }

    private string OpenStaging()
    {
        var folder = CreateFolder(Path.Combine(root, StagingFolder));
        foreach (var leftover in folder.EnumerateFiles())
        {
            if (DateTime.UtcNow - leftover.LastWriteTimeUtc > StagingLifetime)
                leftover.Delete();
        }

        return folder.FullName;
    }

    // Images and models are nobody's but the owner's. A folder that is there keeps the mode that it was given.
    private static DirectoryInfo CreateFolder(string path) =>
        OperatingSystem.IsWindows() ? Directory.CreateDirectory(path) : Directory.CreateDirectory(path, OwnerReads | OwnerWrites | OwnerEnters);

    private static FileStreamOptions OwnFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerReads | OwnerWrites;
        return options;
    }

    private string PathOf(string name) => ArtifactNames.IsName(name)
        ? Path.Combine(root, name)
        : throw new ArgumentException($"'{name}' is no artifact name", nameof(name));
}
