using System.Globalization;
using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources.Parquet;

/// <summary>The classes that labels of several files tell of.</summary>
internal sealed class ParquetClasses
{
    private readonly Dictionary<string, byte> labels;
    private readonly string whence;

    private ParquetClasses(IReadOnlyList<string> names, Dictionary<string, byte> labels, string whence) => (Names, this.labels, this.whence) = (names, labels, whence);

    /// <summary>Their names, by label.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>
    /// Finds them. Labels that are texts are the names themselves, in ordinal order of those to train on; those that are numbers have the names that a
    /// file's metadata has, or the page beside it, else their numbers from 0 to the largest.
    /// </summary>
    /// <param name="path">What messages call the data.</param>
    /// <param name="train">The files to train on.</param>
    /// <param name="test">The files to test on.</param>
    /// <param name="ofPage">The names that the page has, by column.</param>
    /// <exception cref="DatasetException">There are too few or too many, or files differ in them.</exception>
    public static ParquetClasses Of(string path, IReadOnlyList<ParquetPart> train, IReadOnlyList<ParquetPart> test, IReadOnlyDictionary<string, IReadOnlyList<string>>? ofPage)
    {
        var all = train.Concat(test).ToList();
        if (all.Find(part => part.AreTexts != all[0].AreTexts || part.LabelColumn != all[0].LabelColumn) is { } other)
            throw new DatasetException($"{other.Place}: its labels stand in another column or are of another type than in {all[0].Place}");
        if (all[0].AreTexts)
        {
            var texts = train.SelectMany(part => part.Labels).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            return Checked(texts, texts, "those of the training rows");
        }

        var named = all.Find(part => part.Names is not null);
        if (all.Find(part => part.Names is not null && !part.Names.SequenceEqual(named!.Names!)) is { } otherwise)
            throw new DatasetException($"{otherwise.Place}: its metadata has other names of classes than {named!.Place}");
        if ((named?.Names ?? ofPage?.GetValueOrDefault(all[0].LabelColumn)) is { } names)
            return Checked(names, Numbers(names.Count), named is null ? $"those in {ParquetFiles.Page}" : "those in the file's metadata");
        var largest = train.SelectMany(part => part.Labels).Max(label => long.Parse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
        var numbers = Numbers((int)Math.Clamp(largest + 1, 0, DatasetLimits.MaxClasses + 1));
        return Checked(numbers, numbers, "those of the training rows");

        ParquetClasses Checked(IReadOnlyList<string> classes, IReadOnlyList<string> written, string whence)
        {
            if (classes.Count is < 2 or > DatasetLimits.MaxClasses)
                throw new DatasetException(FormattableString.Invariant($"{path}: {(classes.Count > DatasetLimits.MaxClasses ? "more than 256" : classes.Count)} classes, {whence}; expected 2 to {DatasetLimits.MaxClasses}"));
            return new ParquetClasses(classes, written.Index().ToDictionary(label => label.Item, label => (byte)label.Index, StringComparer.Ordinal), whence);
        }
    }

    /// <summary>A row's label.</summary>
    /// <exception cref="DatasetException">It is of none of the classes.</exception>
    public byte LabelOf(ParquetPart part, int row) => labels.TryGetValue(part.Labels[row], out var label)
        ? label
        : throw new DatasetException(FormattableString.Invariant(
            $"{part.Place}: row {row}: label '{EntryName.Printable(part.Labels[row])}' in column '{EntryName.Printable(part.LabelColumn)}' is of none of the {Names.Count} classes, {whence}"));

    private static string[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(number => number.ToString(CultureInfo.InvariantCulture))];
}
