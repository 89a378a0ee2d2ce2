using System.Globalization;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Datasets.Sources.Parquet;
using Parquet.Schema;

namespace FlDurable.Shared.Datasets.Sources.Tables;

/// <summary>A table in a Parquet file, which is held in memory, with a group of its rows at a time.</summary>
internal sealed class NumbersInParquet : ITableFile
{
    private readonly ParquetTable table;
    private readonly IReadOnlyList<DataField> columns;
    private readonly string place;
    private readonly bool refusesMissing;

    private NumbersInParquet(ParquetTable table, string place, bool refusesMissing)
    {
        (this.table, this.place, this.refusesMissing) = (table, place, refusesMissing);
        columns = table.Columns;
        Header = new TableHeader([.. columns.Select(NameOf)], HasNames: true);
    }

    /// <inheritdoc/>
    public TableHeader Header { get; }

    /// <summary>Opens one.</summary>
    /// <exception cref="DatasetException">It is none, or damaged.</exception>
    public static NumbersInParquet Open(byte[] file, string place, bool refusesMissing, CancellationToken cancellationToken) =>
        new(ParquetTable.OpenAsync(file, place, cancellationToken).GetAwaiter().GetResult(), place, refusesMissing);

    /// <inheritdoc/>
    public void Read(TablePlaces places, Action<TableRow> visit, CancellationToken cancellationToken)
    {
        Require(places);
        var first = 0;
        var index = 0;
        var row = new TableRow(places.Numbers.Count, () => FormattableString.Invariant($"{place}: row {first + index}"));
        for (var group = 0; group < table.Groups; group++)
        {
            var labels = Labels(group, columns[places.Label], cancellationToken);
            var numbers = places.Numbers.Select(column => table.NumbersAsync(group, columns[column], cancellationToken).GetAwaiter().GetResult()).ToList();
            var clients = places.Client is { } of ? Labels(group, columns[of], cancellationToken) : null;
            for (index = 0; index < labels.Length; index++)
            {
                if (clients is not null)
                    row.Client = clients[index] ?? throw Refused(places.Client!.Value, "no client (null)");
                row.Label = labels[index] ?? throw Refused(places.Label, "no label (null); expected rows that are labelled throughout");
                for (var at = 0; at < row.Numbers.Length; at++)
                    row.Numbers[at] = Number(numbers[at][index], places.Numbers[at]);
                visit(row);
            }

            (first, index) = (first + labels.Length, 0);
        }

        double Number(double? number, int column) => number switch
        {
            null or double.NaN => refusesMissing
                ? throw Refused(column, $"no number ({(number is null ? "null" : "NaN")}); take the row out, or take the mean for it (missing: mean)")
                : double.NaN,
            { } value when double.IsFinite(value) => value,
            _ => throw Refused(column, "an infinite number; expected finite ones"),
        };

        DatasetException Refused(int column, string why) => new($"{row.Place}: column '{EntryName.Printable(Header.Columns[column])}': {why}");
    }

    /// <inheritdoc/>
    public void Dispose() => table.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static string NameOf(DataField column) => string.Join('.', column.Path.ToList());

    private static string TypeOf(DataField column) => ParquetTable.IsText(column) ? "text"
        : ParquetTable.IsBytes(column) ? "bytes"
        : column.ClrType == typeof(bool) ? "boolean"
        : column.ClrType.Name.ToLowerInvariant();

    private string?[] Labels(int group, DataField column, CancellationToken cancellationToken)
    {
        if (ParquetTable.IsText(column) || ParquetTable.IsWhole(column))
            return table.TextsAsync(group, column, cancellationToken).GetAwaiter().GetResult();
        return [.. table.NumbersAsync(group, column, cancellationToken).GetAwaiter().GetResult()
            .Select(number => number is null or double.NaN ? null : number.Value.ToString("R", CultureInfo.InvariantCulture))];
    }

    private void Require(TablePlaces places)
    {
        var others = places.Numbers.Where(column => !ParquetTable.IsNumber(columns[column]) || columns[column].MaxRepetitionLevel > 0).ToList();
        if (others.Count > 0)
        {
            throw new DatasetException(
                $"{place}: {string.Join(", ", others.Take(20).Select(column => $"column '{EntryName.Printable(Header.Columns[column])}' is {TypeOf(columns[column])}"))}; expected numbers (INT32, INT64, FLOAT, DOUBLE): columns names those to learn from");
        }

        foreach (var (column, what) in (IEnumerable<(int, string)>)[(places.Label, "labels"), .. places.Client is { } client ? new[] { (client, "clients") } : []])
        {
            if (!ParquetTable.IsText(columns[column]) && !ParquetTable.IsNumber(columns[column]))
                throw new DatasetException($"{place}: column '{EntryName.Printable(Header.Columns[column])}' is {TypeOf(columns[column])}; expected {what} that are whole numbers or texts");
        }
    }
}
