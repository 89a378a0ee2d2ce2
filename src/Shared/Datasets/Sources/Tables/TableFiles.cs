using System.Security.Cryptography;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Datasets.Sources.Parquet;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Sources.Tables;

/// <summary>A text file of a table alone, not in a folder or an archive.</summary>
internal sealed class TableFiles(string path) : FileContainer(path)
{
    private static readonly HashSet<string> Tests = new(StringComparer.OrdinalIgnoreCase) { "test", "val", "valid", "validation" };

    /// <summary>The files at a path: a table's own, or those of a folder or an archive.</summary>
    /// <inheritdoc cref="FileContainer.Open"/>
    public static FileContainer At(string path, bool followsLinks) =>
        ParquetFiles.IsOne(path) || !File.Exists(path) || !IsNamed(path) ? ParquetFiles.At(path, followsLinks) : new TableFiles(System.IO.Path.GetFullPath(path));

    /// <summary>Whether a file is a table as text by its name.</summary>
    public static bool IsNamed(string name) => DatasetRequest.TableEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>The files of a data set: those to train on in their order, then those to test on.</summary>
    /// <param name="container">The files.</param>
    /// <param name="isDivided">Whether there must be files to test on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DatasetException">There are none, or one belongs to no split.</exception>
    public static IReadOnlyList<TablePart> In(FileContainer container, bool isDivided, CancellationToken cancellationToken)
    {
        var names = container is ParquetFiles ? [] : container.Files(cancellationToken).Select(file => file.Name).Where(name => IsNamed(name) && !name.Split('/').Any(part => part[0] == '.')).ToList();
        if (names.Count == 0)
        {
            var shards = container is ParquetFiles || container.Files(cancellationToken).Any(file => ParquetFiles.IsNamed(file.Name))
                ? ParquetShard.In(container, isDivided, cancellationToken)
                : throw new DatasetException($"{container.Path}: no tables; expected train.csv and test.csv, or one file and a testFraction");
            return [.. shards.Select(shard => new TablePart(shard.Name, shard.IsTrain))];
        }

        var parts = names.Select(name => new TablePart(name, names.Count == 1 || SplitOf(name).Equals("train", StringComparison.OrdinalIgnoreCase))).ToList();
        if (names.Count > 1 && names.Find(name => !parts.Find(part => part.Name == name)!.IsTrain && !Tests.Contains(SplitOf(name))) is { } other)
            throw new DatasetException($"{container.Path}: {EntryName.Printable(other)}: neither of train nor of test by its name; expected train.csv and test.csv, or one file and a testFraction");
        foreach (var split in parts.GroupBy(part => part.IsTrain).Where(split => split.Count() > 1))
            throw new DatasetException($"{container.Path}: '{EntryName.Printable(split.First().Name)}' and '{EntryName.Printable(split.Last().Name)}' are both for {(split.Key ? "training" : "testing")}; expected one of them");
        if (!parts.Exists(part => part.IsTrain))
            throw new DatasetException($"{container.Path}: no rows to train on; expected train.csv");
        if (isDivided && parts.TrueForAll(part => part.IsTrain))
            throw new DatasetException($"{container.Path}: no rows to test on; expected test.csv beside train.csv, or a testFraction");
        if (!isDivided && parts.Exists(part => !part.IsTrain))
            throw new DatasetException($"testFraction: {container.Path}: the rows are divided already; expected none");
        return [.. parts.OrderByDescending(part => part.IsTrain)];
    }

    /// <inheritdoc/>
    public override string ContentSha256(CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files(cancellationToken))
            file.HashInto(hash);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private protected override IEnumerable<ContainedFile> Enumerate(CancellationToken cancellationToken)
    {
        var length = Guarded(() => new FileInfo(Path) is { LinkTarget: not null } link ? ((FileInfo)link.ResolveLinkTarget(returnFinalTarget: true)!).Length : new FileInfo(Path).Length);
        yield return new ContainedFile(Path, System.IO.Path.GetFileName(Path), length, () => length == 0 ? Stream.Null : new CancellableFile(Path, cancellationToken));
    }

    private static string SplitOf(string name)
    {
        var file = name[(name.LastIndexOf('/') + 1)..];
        return file[..file.LastIndexOf('.')];
    }
}

/// <summary>A file of a table.</summary>
/// <param name="Name">Its name among the files.</param>
/// <param name="IsTrain">Whether its rows are to be trained on.</param>
internal sealed record TablePart(string Name, bool IsTrain);
