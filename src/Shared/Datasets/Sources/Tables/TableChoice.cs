using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Sources.Tables;

/// <summary>Which columns of a table mean what, by their names.</summary>
/// <param name="Label">The labels'.</param>
/// <param name="Client">What tells the clients apart; null where that isn't asked.</param>
/// <param name="Numbers">Those to learn from, in their order.</param>
internal sealed record TableChoice(string Label, string? Client, IReadOnlyList<string> Numbers)
{
    private const int MaxNumbers = 1 << 15;

    private static readonly string[] UsualLabels = ["label", "labels", "target", "class", "y"];

    /// <summary>
    /// The columns that are asked for; else the one with a usual name of labels, or the last column where a table has no names, and all others as numbers.
    /// </summary>
    /// <param name="header">What a file says of its columns.</param>
    /// <param name="place">What messages call it.</param>
    /// <param name="form">What is asked for.</param>
    /// <param name="isTrain">Whether its rows are to be trained on; others need not tell their clients.</param>
    /// <exception cref="DatasetException">They are not there; the message has those that there are.</exception>
    public static TableChoice Of(TableHeader header, string place, SourceForm form, bool isTrain)
    {
        var usual = header.Columns.Where(column => UsualLabels.Contains(column, StringComparer.OrdinalIgnoreCase)).ToList();
        var label = (form.LabelColumn, usual) switch
        {
            ({ } asked, _) => header.Columns.Contains(asked) ? asked : throw Refused("labelColumn", $"there is no column '{EntryName.Printable(asked)}'"),
            (null, [var only]) => only,
            (null, []) => header.HasNames ? throw Refused("labelColumn", "there is no column with a usual name of labels; expected the name of one") : header.Columns[^1],
            _ => throw Refused("labelColumn", $"{Listed(usual)} have usual names of labels; expected the name of the one to learn, and columns without the others where they tell the label"),
        };
        if (form.By is { } by && ((isTrain && !header.Columns.Contains(by)) || by == label))
            throw Refused("partitioner", by == label ? $"naturalid: '{EntryName.Printable(by)}' has the labels; expected another column" : $"naturalid: there is no column '{EntryName.Printable(by)}'");
        IReadOnlyList<string> numbers = [.. header.Columns.Where(column => column != label && column != form.By)];
        if (form.Columns is { } text)
        {
            numbers = ColumnNames.In(text) ?? throw Refused("columns", $"expected {ColumnNames.Form}");
            if (numbers.FirstOrDefault(name => !header.Columns.Contains(name)) is { } missing)
                throw Refused("columns", $"there is no column '{EntryName.Printable(missing)}'");
            if (numbers.Contains(label))
                throw Refused("columns", $"'{EntryName.Printable(label)}' has the labels; expected others");
        }

        if (numbers.Count is 0 or > MaxNumbers)
            throw Refused("columns", FormattableString.Invariant($"{numbers.Count} columns to learn from; expected 1 to {MaxNumbers:N0}"));
        return new TableChoice(label, form.By, numbers);

        DatasetException Refused(string field, string why) => new($"{field}: {place}: {why}. It has {Listed(header.Columns)}");
    }

    /// <summary>Where these columns stand in a file.</summary>
    /// <param name="header">What it says of its columns.</param>
    /// <param name="place">What messages call it.</param>
    /// <param name="isTrain">Whether its rows are to be trained on; of others no client is wanted.</param>
    /// <exception cref="DatasetException">One is missing.</exception>
    public TablePlaces In(TableHeader header, string place, bool isTrain)
    {
        var places = header.Columns.Index().ToDictionary(column => column.Item, column => column.Index, StringComparer.Ordinal);
        return new TablePlaces(PlaceOf(Label), [.. Numbers.Select(PlaceOf)]) { Client = isTrain && Client is { } client ? PlaceOf(client) : null };

        int PlaceOf(string name) => places.TryGetValue(name, out var index)
            ? index
            : throw new DatasetException($"{place}: there is no column '{EntryName.Printable(name)}', which the rows to train on have. It has {Listed(header.Columns)}");
    }

    private static string Listed(IReadOnlyList<string> columns) =>
        string.Join(", ", columns.Take(20).Select(column => $"'{EntryName.Printable(column)}'")) + (columns.Count > 20 ? FormattableString.Invariant($" and {columns.Count - 20} more") : "");
}

/// <summary>What a file says of its columns.</summary>
/// <param name="Columns">Their names; their numbers from 1 where it has none.</param>
/// <param name="HasNames">Whether it has names.</param>
internal sealed record TableHeader(IReadOnlyList<string> Columns, bool HasNames);

/// <summary>Where columns stand in a file, from 0.</summary>
/// <param name="Label">The labels'.</param>
/// <param name="Numbers">Those to learn from; none where only labels are wanted.</param>
internal sealed record TablePlaces(int Label, IReadOnlyList<int> Numbers)
{
    /// <summary>What tells the clients apart; null where that isn't wanted.</summary>
    public int? Client { get; init; }
}

/// <summary>A row while it is visited. The same object is every row.</summary>
/// <param name="numbers">How many numbers are read of it.</param>
/// <param name="place">Says where it stands, for messages.</param>
internal sealed class TableRow(int numbers, Func<string> place)
{
    /// <summary>Its label, as it is written.</summary>
    public string Label { get; set; } = "";

    /// <summary>What it calls its client; nothing where that isn't wanted.</summary>
    public string Client { get; set; } = "";

    /// <summary>Its numbers; not a number where one is missing.</summary>
    public double[] Numbers { get; } = new double[numbers];

    /// <summary>Where it stands, for messages.</summary>
    public string Place => place();

    /// <inheritdoc/>
    public override string ToString() => Place;
}
