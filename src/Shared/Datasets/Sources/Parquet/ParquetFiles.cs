using System.Security.Cryptography;
using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources.Parquet;

/// <summary>A Parquet file alone, with what is written of it beside it.</summary>
internal sealed class ParquetFiles(string path) : FileContainer(path)
{
    /// <summary>The page of a data set on Hugging Face, which may have the names of its classes.</summary>
    public const string Page = "README.md";

    private const int MagicLength = 4;

    /// <summary>What every Parquet file begins and ends with; an encrypted one has another.</summary>
    public static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <summary>The files at a path: a Parquet file's own, or those of a folder or an archive.</summary>
    /// <inheritdoc cref="FileContainer.Open"/>
    public static FileContainer At(string path, bool followsLinks) => IsOne(path) ? new ParquetFiles(System.IO.Path.GetFullPath(path)) : Open(path, followsLinks);

    /// <summary>Whether a path is a Parquet file, by its first bytes.</summary>
    public static bool IsOne(string path)
    {
        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length < MagicLength)
                return false;
            Span<byte> start = stackalloc byte[MagicLength];
            using var file = File.OpenRead(path);
            return file.ReadAtLeast(start, MagicLength, throwOnEndOfStream: false) == MagicLength && start.SequenceEqual(Magic);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // who opens it says why it can't be read
        }
    }

    /// <summary>Whether a file is one by its name.</summary>
    public static bool IsNamed(string name) => name.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string ContentSha256(CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files(cancellationToken))
        {
            hash.AppendData(BitConverter.GetBytes(file.Length));
            file.HashInto(hash);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private protected override IEnumerable<ContainedFile> Enumerate(CancellationToken cancellationToken)
    {
        yield return FileAt(Path, cancellationToken);
        var page = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, Page);
        if (File.Exists(page) && new FileInfo(page) is { Length: > 0, LinkTarget: null })
            yield return FileAt(page, cancellationToken);
    }

    private ContainedFile FileAt(string file, CancellationToken cancellationToken) =>
        new(Path, System.IO.Path.GetFileName(file), Guarded(() => new FileInfo(file).Length), () => new CancellableFile(file, cancellationToken));
}
