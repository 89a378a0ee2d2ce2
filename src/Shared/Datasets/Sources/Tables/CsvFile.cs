using System.Globalization;
using FlDurable.Shared.Datasets.Containers;
using nietras.SeparatedValues;

namespace FlDurable.Shared.Datasets.Sources.Tables;

/// <summary>
/// A table as text: columns divided by commas, semicolons or tabs, cells between double quotes if need be (RFC 4180). The first row has the columns' names,
/// unless it is numbers throughout.
/// </summary>
internal sealed class CsvFile : ITableFile
{
    private readonly string place;
    private readonly bool refusesMissing;
    private readonly SepReader reader;
    private readonly char separator;
    private int next = 1;
    private int line;
    private char mark;

    /// <summary>Opens one.</summary>
    /// <param name="stream">Its bytes.</param>
    /// <param name="place">What messages call it.</param>
    /// <param name="refusesMissing">Whether a number that is missing is refused.</param>
    /// <exception cref="DatasetException">It is empty, or columns have no names or the same ones.</exception>
    public CsvFile(Stream stream, string place, bool refusesMissing)
    {
        (this.place, this.refusesMissing) = (place, refusesMissing);
        var text = new TableText(stream, place);
        separator = text.Separator;
        reader = Sep.New(separator)
            .Reader(options => options with { HasHeader = false, Unescape = true, Trim = SepTrim.All, DisableColCountCheck = true, CultureInfo = CultureInfo.InvariantCulture })
            .From(text);
        if (!Next())
            throw new DatasetException($"{place}: no rows; expected the columns' names and rows of numbers");
        Header = ReadHeader();
    }

    /// <inheritdoc/>
    public TableHeader Header { get; }

    /// <inheritdoc/>
    public void Read(TablePlaces places, Action<TableRow> visit, CancellationToken cancellationToken)
    {
        var row = new TableRow(places.Numbers.Count, () => FormattableString.Invariant($"{place}: line {line}"));
        if (!Header.HasNames)
            Visit();
        while (Next())
        {
            cancellationToken.ThrowIfCancellationRequested();
            Visit();
        }

        void Visit()
        {
            var current = reader.Current;
            if (current.ColCount != Header.Columns.Count)
                throw Refused(FormattableString.Invariant($"{current.ColCount} cells; expected {Header.Columns.Count}, as the first row has"));
            var label = current[places.Label].Span;
            if (IsMissing(label))
                throw RefusedIn(places.Label, $"no label ('{EntryName.Printable(label.ToString())}'); expected rows that are labelled throughout");
            row.Label = label.SequenceEqual(row.Label) ? row.Label : label.ToString();
            if (places.Client is { } of)
            {
                var client = current[of].Span;
                if (IsMissing(client))
                    throw RefusedIn(of, $"no client ('{EntryName.Printable(client.ToString())}')");
                row.Client = client.SequenceEqual(row.Client) ? row.Client : client.ToString();
            }

            for (var at = 0; at < row.Numbers.Length; at++)
                row.Numbers[at] = Number(current[places.Numbers[at]].Span, places.Numbers[at]);
            visit(row);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => reader.Dispose();

    /// <summary>Whether a cell stands for a number that there isn't.</summary>
    private static bool IsMissing(ReadOnlySpan<char> cell) => cell.Length switch
    {
        0 => true,
        1 => cell[0] is '?' or '-',
        <= 4 => cell.Equals("na", StringComparison.OrdinalIgnoreCase) || cell.Equals("nan", StringComparison.OrdinalIgnoreCase)
            || cell.Equals("n/a", StringComparison.OrdinalIgnoreCase) || cell.Equals("null", StringComparison.OrdinalIgnoreCase) || cell.Equals("none", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private TableHeader ReadHeader()
    {
        var current = reader.Current;
        var cells = Enumerable.Range(0, current.ColCount).Select(column => reader.Current[column].ToString()).ToList();
        if (cells.Count < 2)
            throw Refused($"one column; expected two or more, with commas, semicolons or tabs between");
        if (cells.TrueForAll(cell => IsMissing(cell) || IsNumber(cell)))
            return new TableHeader([.. Enumerable.Range(1, cells.Count).Select(number => number.ToString(CultureInfo.InvariantCulture))], HasNames: false);
        if (cells.FindIndex(cell => cell.Length == 0) is >= 0 and var nameless)
            throw Refused(FormattableString.Invariant($"column {nameless + 1} has no name, as an index has none that pandas writes (to_csv(index=False) leaves it out)"));
        return cells.GroupBy(cell => cell, StringComparer.Ordinal).FirstOrDefault(name => name.Count() > 1) is { } twice
            ? throw Refused($"two columns are called '{EntryName.Printable(twice.Key)}'")
            : new TableHeader(cells, HasNames: true);
    }

    private bool IsNumber(string cell) => double.TryParse(separator == ',' ? cell : cell.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private double Number(ReadOnlySpan<char> cell, int column)
    {
        if (IsMissing(cell))
            return refusesMissing ? throw RefusedIn(column, $"'{EntryName.Printable(cell.ToString())}' is no number; take the row out, or take the mean for it (missing: mean)") : double.NaN;
        var at = separator == ',' ? -1 : cell.IndexOfAny(',', '.');
        if (at >= 0)
        {
            if (mark == '\0')
                mark = cell[at];
            if (cell[at] != mark)
                throw RefusedIn(column, $"'{EntryName.Printable(cell.ToString())}' has a {(mark == ',' ? "point, where numbers before it have a comma" : "comma, where numbers before it have a point")}");
            if (mark == ',')
                return Parsed(cell.ToString().Replace(',', '.'), cell, column);
        }

        return Parsed(cell, cell, column);
    }

    private double Parsed(ReadOnlySpan<char> number, ReadOnlySpan<char> cell, int column) =>
        double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw RefusedIn(column, $"'{EntryName.Printable(cell.ToString())}' is no finite number; columns names those to learn from");

    /// <summary>Goes to the next row that isn't blank.</summary>
    private bool Next()
    {
        try
        {
            while (reader.MoveNext())
            {
                // Of the first row the library's own number is that of the second.
                (line, next) = (next, reader.Current.LineNumberToExcl);
                if (reader.Current.ColCount > 1 || !reader.Current[0].Span.IsWhiteSpace())
                    return true;
            }

            return false;
        }
        catch (NotSupportedException exception)
        {
            throw new DatasetException(FormattableString.Invariant($"{place}: line {next}: a row of more than 16,000,000 characters; is a double quote missing that ends a cell?"), exception);
        }
    }

    private DatasetException RefusedIn(int column, string why) => Refused($"column '{EntryName.Printable(Header.Columns[column])}': {why}");

    private DatasetException Refused(string why) => new(FormattableString.Invariant($"{place}: line {line}: {why}"));
}
