using System.Globalization;
using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources.Tables;

/// <summary>
/// The classes that a table's labels tell of: of whole numbers those that there are, in their order, also where they don't begin at 0; of anything else
/// the texts, in ordinal order.
/// </summary>
internal sealed class TableClasses
{
    private readonly Dictionary<string, byte> labels = new(StringComparer.Ordinal);
    private readonly string column;
    private readonly bool areNumbers;

    /// <summary>Makes classes of labels.</summary>
    /// <param name="path">What messages call the data.</param>
    /// <param name="column">The column of the labels.</param>
    /// <param name="written">The labels of the rows to train on, each once.</param>
    /// <exception cref="DatasetException">There are too few or too many.</exception>
    public TableClasses(string path, string column, IReadOnlyCollection<string> written)
    {
        this.column = column;
        areNumbers = written.All(label => double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
        if (areNumbers && written.FirstOrDefault(label => Whole(label) is null) is { } fraction)
            throw new DatasetException($"{path}: label '{EntryName.Printable(fraction)}' in column '{EntryName.Printable(column)}': expected classes, which are whole numbers or texts; labelColumn names another column");
        Names = areNumbers
            ? [.. written.Select(label => Whole(label)!.Value).Distinct().Order().Select(number => number.ToString(CultureInfo.InvariantCulture))]
            : [.. written.Order(StringComparer.Ordinal)];
        if (Names.Count is < 2 or > DatasetLimits.MaxClasses)
            throw TooMany(path, column, Names.Count);
        foreach (var (index, name) in Names.Index())
            labels.Add(name, (byte)index);
    }

    /// <summary>Their names, by label.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What stands for a label.</summary>
    /// <param name="written">The label as it is written.</param>
    /// <param name="place">Says where, for messages.</param>
    /// <exception cref="DatasetException">It is of none of the classes.</exception>
    public byte LabelOf(string written, object place)
    {
        if (labels.TryGetValue(written, out var known))
            return known;
        if (areNumbers && Whole(written) is { } number && labels.TryGetValue(number.ToString(CultureInfo.InvariantCulture), out var label))
        {
            labels.Add(written, label);
            return label;
        }

        throw new DatasetException($"{place}: column '{EntryName.Printable(column)}': the label '{EntryName.Printable(written)}' is of none of the {Names.Count} classes, those of the rows to train on");
    }

    /// <summary>What is thrown where labels are of too few classes, or of too many.</summary>
    public static DatasetException TooMany(string path, string column, int count) => new(FormattableString.Invariant(
        $"{path}: {(count > DatasetLimits.MaxClasses ? "more than 256" : count)} classes in column '{EntryName.Printable(column)}' of the rows to train on; expected 2 to {DatasetLimits.MaxClasses}"));

    // A double is exact up to here.
    private static long? Whole(string label) =>
        double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Floor(number) == number && Math.Abs(number) < 1L << 53 ? (long)number : null;
}
