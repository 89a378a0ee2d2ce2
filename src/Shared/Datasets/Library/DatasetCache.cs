using System.Security.Cryptography;
using System.Text.Json;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Library;

/// <summary>
/// Decoded data sets in a folder: <c>decoded/{sha256}.bin</c> holds a data set's canonical bytes, <c>sources/{fingerprint}.json</c> says
/// which one a source gives. Of what a source makes sooner than it could be read there is only the latter. Files appear whole or not at all, so that
/// processes can share the folder. They are not flushed: what a power loss leaves of one is found out when it is read, and decoded again.
/// </summary>
internal sealed class DatasetCache(string folder)
{
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromDays(1);

    /// <summary>The cache's folder.</summary>
    public string Folder { get; } = Path.GetFullPath(folder);

    /// <summary>Where downloads are kept.</summary>
    public string Downloads => Path.Combine(Folder, "downloads");

    private string Sources => Path.Combine(Folder, "sources");

    private string Decoded => Path.Combine(Folder, "decoded");

    /// <summary>What a source gave when it was decoded before, if that is still here; otherwise null.</summary>
    public async Task<CachedSource?> FindAsync(IDatasetSource source, string fingerprint, CancellationToken cancellationToken)
    {
        var known = await ReadSourceAsync(SourceFile(fingerprint), cancellationToken);
        if (known is null || source.IsMadeSoonerThanRead)
            return known;
        var decoded = new FileInfo(DecodedFile(known.Sha256));
        return decoded.Exists && decoded.Length == known.Length ? known : null;
    }

    /// <summary>The sources that are known to give a data set.</summary>
    public async Task<IReadOnlyList<CachedSource>> SourcesOfAsync(string sha256, CancellationToken cancellationToken)
    {
        var sources = new List<CachedSource>();
        if (!Directory.Exists(Sources))
            return sources;
        foreach (var file in Directory.EnumerateFiles(Sources, "*.json").Order(StringComparer.Ordinal))
        {
            if (await ReadSourceAsync(file, cancellationToken) is { } source && source.Sha256 == sha256)
                sources.Add(source);
        }

        return sources;
    }

    /// <summary>Keeps a data set, and that a source gives it.</summary>
    /// <exception cref="DatasetException">The folder can't be written.</exception>
    public async Task<CachedSource> KeepAsync(
        IDatasetSource source, string fingerprint, DatasetRequest request, ImageDataset dataset, CancellationToken cancellationToken)
    {
        var content = DecodedFormat.Write(dataset);
        if (!source.IsMadeSoonerThanRead)
            await WriteAsync(Decoded, Task.Run(() => $"{dataset.Sha256}.bin", CancellationToken.None), content, cancellationToken);
        var known = new CachedSource(
            CachedSource.CurrentVersion, source.Kind, request.Data!, dataset.Sha256, content.Sum(part => (long)part.Length),
            dataset.Shape, dataset.Classes.Count, dataset.Train.Count, dataset.Test.Count, request.Resize, request.TestFraction, request.ImageColumn, request.LabelColumn, request.Columns, request.Missing, request.By, request.Links,
            request.SkipAtMostPercent, dataset.LeftOut.Count == 0 ? null : dataset.LeftOut.Count);
        await WriteAsync(Sources, Task.FromResult($"{fingerprint}.json"), [ContractJson.SerializeToUtf8(known)], cancellationToken);
        return known;
    }

    /// <summary>Reads a data set and checks every byte of it; null when it is not here or damaged.</summary>
    public async Task<ImageDataset?> ReadAsync(string sha256, CancellationToken cancellationToken)
    {
        try
        {
            using var file = File.OpenHandle(DecodedFile(sha256), options: FileOptions.Asynchronous | FileOptions.SequentialScan);
            var length = RandomAccess.GetLength(file);
            if (length > DatasetLimits.MaxDecodedLength + DecodedFormat.MaxExtraLength)
                return null;
            var content = GC.AllocateUninitializedArray<byte>((int)length);
            var read = 0;
            while (read < content.Length && await RandomAccess.ReadAsync(file, content.AsMemory(read), read, cancellationToken) is > 0 and var more)
                read += more;
            return read == content.Length && Convert.ToHexStringLower(SHA256.HashData(content)) == sha256
                ? DecodedFormat.Read(content, sha256)
                : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{DecodedFile(sha256)}: can't be read: {FileFailure.Describe(exception)}", exception);
        }
    }

    private string SourceFile(string fingerprint) => Path.Combine(Sources, $"{fingerprint}.json");

    private string DecodedFile(string sha256) => Path.Combine(Decoded, $"{sha256}.bin");

    /// <summary>Null for what is missing, damaged or another version's: it is written anew.</summary>
    private static async Task<CachedSource?> ReadSourceAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var source = ContractJson.Deserialize<CachedSource>(await File.ReadAllBytesAsync(path, cancellationToken));
            return source.Version == CachedSource.CurrentVersion ? source : null;
        }
        catch (Exception exception) when (exception is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: can't be read: {FileFailure.Describe(exception)}", exception);
        }
    }

    /// <param name="folder">Where the file is to be.</param>
    /// <param name="name">Its name, which may be found out while it is written.</param>
    /// <param name="content">What is to be in it.</param>
    /// <param name="cancellationToken">Looked at between parts.</param>
    private static async Task WriteAsync(string folder, Task<string> name, IReadOnlyList<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(folder, $"{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(folder);
            DeleteAbandoned(folder);
            var length = content.Sum(part => (long)part.Length);
            using (var file = File.OpenHandle(
                temporary, FileMode.CreateNew, FileAccess.Write, options: FileOptions.Asynchronous, preallocationSize: length))
            {
                var at = 0L;
                foreach (var part in content)
                {
                    await RandomAccess.WriteAsync(file, part, at, cancellationToken);
                    at += part.Length;
                }
            }

            File.Move(temporary, Path.Combine(folder, await name), overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(
                $"{Path.Combine(folder, await name)}: the cache can't be written: {FileFailure.Describe(exception)} Make room or access, or name another folder in {CacheFolder.Variable}.",
                exception);
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }

    /// <summary>Takes away what a killed process left. What a living one writes is younger.</summary>
    private static void DeleteAbandoned(string folder)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*.tmp"))
        {
            if (DateTime.UtcNow - file.LastWriteTimeUtc > AbandonedAfter)
                file.Delete();
        }
    }
}

/// <summary>What is known of a source that was decoded.</summary>
/// <param name="Version">The version of this record.</param>
/// <param name="Kind">The kind of source.</param>
/// <param name="Argument">The argument that names it from any working folder.</param>
/// <param name="Sha256">The data set that it gives.</param>
/// <param name="Length">The length of that data set's canonical bytes.</param>
/// <param name="Shape">The shape of its images.</param>
/// <param name="Classes">Its classes.</param>
/// <param name="TrainExamples">Its training images.</param>
/// <param name="TestExamples">Its test images.</param>
/// <param name="Resize">The size that its images were asked for in; null as they are.</param>
/// <param name="TestFraction">The share of its images that was asked for as a test set; null where it has one.</param>
/// <param name="ImageColumn">The column of the images that was asked for; null for the usual one.</param>
/// <param name="LabelColumn">The column of the labels that was asked for; null for the usual one.</param>
/// <param name="Columns">The columns to learn from that were asked for; null for all.</param>
/// <param name="Missing">What was asked for in place of missing numbers; null for nothing.</param>
/// <param name="By">By what its clients were to be told apart; null for nothing.</param>
/// <param name="Links">Which links were to be followed; null for none.</param>
/// <param name="SkipAtMostPercent">How many of a hundred were allowed to be left out; null for none.</param>
/// <param name="LeftOut">How many were left out; null for none.</param>
internal sealed record CachedSource(
    int Version, string Kind, string Argument, string Sha256, long Length, ImageShape Shape, int Classes, int TrainExamples, int TestExamples,
    string? Resize = null, double? TestFraction = null, string? ImageColumn = null, string? LabelColumn = null, string? Columns = null, string? Missing = null, string? By = null,
    string? Links = null, double? SkipAtMostPercent = null, int? LeftOut = null)
{
    public const int CurrentVersion = 1;

    /// <summary>What it was asked for by.</summary>
    public DatasetRequest Request() => new(Argument, Resize, TestFraction) { ImageColumn = ImageColumn, LabelColumn = LabelColumn, Columns = Columns, Missing = Missing, By = By, Links = Links, SkipAtMostPercent = SkipAtMostPercent };
}
