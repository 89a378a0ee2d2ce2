using System.Globalization;
using System.Text.RegularExpressions;
using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources.Parquet;

/// <summary>A file of a split, as the hub of Hugging Face names them: <c>train-00000-of-00002.parquet</c>, <c>train.parquet</c> or <c>train/0000.parquet</c>.</summary>
/// <param name="Name">Its name among the files.</param>
/// <param name="Split">The split as it is written; nothing if its name tells of none.</param>
/// <param name="Number">Its number among the split's files.</param>
/// <param name="Of">How many these are; null if its name doesn't say.</param>
internal sealed partial record ParquetShard(string Name, string Split, int Number, int? Of)
{
    private const string Train = "train";

    private static readonly HashSet<string> Tests = new(StringComparer.OrdinalIgnoreCase) { "test", "val", "valid", "validation" };

    /// <summary>Whether it is to be trained on.</summary>
    public bool IsTrain => Split.Equals(Train, StringComparison.OrdinalIgnoreCase) || Split.Length == 0;

    /// <summary>The shards of a data set: those of each split in the order of their numbers, training first.</summary>
    /// <param name="container">The files.</param>
    /// <param name="isDivided">Whether there must be files to test on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DatasetException">There are none, one is missing, or a file belongs to no split.</exception>
    public static IReadOnlyList<ParquetShard> In(FileContainer container, bool isDivided, CancellationToken cancellationToken)
    {
        var shards = container.Files(cancellationToken).Where(file => ParquetFiles.IsNamed(file.Name) && !file.Name.Split('/').Any(part => part[0] == '.'))
            .Select(file => Parse(file.Name)).ToList();
        if (container is ParquetFiles)
            shards = [.. container.Files(cancellationToken).Take(1).Select(file => Parse(file.Name) with { Split = Train })];
        if (shards.Count == 0)
            throw new DatasetException($"{container.Path}: no Parquet files; expected train-00000-of-00001.parquet and test-00000-of-00001.parquet");
        if (shards is [{ Split: "" } only])
            shards = [only with { Split = Train }];
        foreach (var shard in shards)
        {
            if (!shard.Split.Equals(Train, StringComparison.OrdinalIgnoreCase) && !Tests.Contains(shard.Split))
                throw new DatasetException($"{container.Path}: {EntryName.Printable(shard.Name)}: neither of train nor of test by its name");
        }

        foreach (var split in shards.GroupBy(shard => shard.IsTrain))
            RequireWhole(container.Path, [.. split.OrderBy(shard => shard.Number)]);
        var hasTests = shards.Exists(shard => !shard.IsTrain);
        if (!shards.Exists(shard => shard.IsTrain))
            throw new DatasetException($"{container.Path}: no training images; expected train-00000-of-00001.parquet");
        if (isDivided && !hasTests)
            throw new DatasetException($"{container.Path}: no test images; expected test-00000-of-00001.parquet, or a testFraction");
        if (!isDivided && hasTests)
            throw new DatasetException($"testFraction: {container.Path}: the images are divided already; expected none");
        return [.. shards.OrderByDescending(shard => shard.IsTrain).ThenBy(shard => shard.Number)];
    }

    private static void RequireWhole(string path, IReadOnlyList<ParquetShard> split)
    {
        var first = split[0];
        foreach (var (number, shard) in split.Index())
        {
            if (shard.Split != first.Split || shard.FolderOf() != first.FolderOf() || shard.Of != first.Of)
                throw new DatasetException($"{path}: '{EntryName.Printable(first.Name)}' and '{EntryName.Printable(shard.Name)}' are both for {(first.IsTrain ? "training" : "testing")}; expected one set of files");
            if (shard.Number != number)
            {
                throw new DatasetException(split.Any(other => other.Number == number && other != shard)
                    ? $"{path}: '{EntryName.Printable(shard.Name)}' has the number of another file"
                    : FormattableString.Invariant($"{path}: file {number:D5}{(first.Of is { } all ? $" of {all:D5}" : "")} of '{first.Split}' is missing"));
            }
        }

        if (first.Of is { } count && count != split.Count)
            throw new DatasetException(FormattableString.Invariant($"{path}: '{first.Split}' has {split.Count} of {count} files"));
    }

    private static ParquetShard Parse(string name)
    {
        var file = name[(name.LastIndexOf('/') + 1)..];
        if (Numbered().Match(file) is { Success: true } numbered)
            return new ParquetShard(name, numbered.Groups["split"].Value, NumberOf(numbered, "number"), NumberOf(numbered, "of"));
        if (NumberAlone().Match(file) is { Success: true } alone && name.Split('/') is [.., var folder, _])
            return new ParquetShard(name, folder, NumberOf(alone, "number"), null);
        var bare = file[..file.LastIndexOf('.')];
        return new ParquetShard(name, bare.Equals(Train, StringComparison.OrdinalIgnoreCase) || Tests.Contains(bare) ? bare : "", 0, null);
    }

    private static int NumberOf(Match match, string group) => int.Parse(match.Groups[group].Value, NumberStyles.None, CultureInfo.InvariantCulture);

    private string FolderOf() => Name[..(Name.LastIndexOf('/') + 1)];

    [GeneratedRegex("^(?<split>.+)-(?<number>[0-9]{5})-of-(?<of>[0-9]{5})(-[0-9a-f]+)?\\.parquet$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Numbered();

    [GeneratedRegex("^(?<number>[0-9]{1,5})\\.parquet$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex NumberAlone();
}
