using System.Buffers.Binary;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Datasets.Sources.Parquet;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets.Sources.Tables;

/// <summary>
/// Tables of numbers, as text or in Parquet files. They are gone through three times, for the classes, for each column's mean and deviation, and for the rows,
/// so that memory has the rows once, as they are wanted.
/// </summary>
internal sealed class TableSource(string path, SourceForm form)
    : FileSource(KindName, "numbers", decoderVersion: 1, TableFiles.At(path, form.FollowsLinks), form)
{
    /// <summary>Its name in specs and records.</summary>
    public const string KindName = "table";

    private const int MaxRows = 20_000_000;
    private const int RowsAReport = 1 << 16;

    /// <inheritdoc/>
    public override bool TellsClients => true;

    private protected override ImageDataset Load(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        if (Form.Size is not null)
            throw new DatasetException($"resize: {Container.Path}: has no images; expected none");
        if (Form.ImageColumn is not null)
            throw new DatasetException($"imageColumn: {Container.Path}: has no images; expected none");
        var parts = TableFiles.In(Container, isDivided: Form.TestFraction is null, cancellationToken);
        var (choice, classes, rows) = FindClasses(parts, cancellationToken);
        DatasetLimits.RequireDecodable(Container.Path, rows.Sum(part => (long)part.Count), ImageShape.OfTable(choice.Numbers.Count));
        var isTested = Form.TestFraction is { } fraction ? Draw(classes, rows, fraction) : null;
        var columns = Measure(parts, choice, rows, isTested, cancellationToken);
        var (train, test, clients) = Fill(parts, choice, classes, columns, rows, isTested, progress, cancellationToken);
        return new ImageDataset(classes.Names, train, test) { Columns = columns, NaturalIds = clients is null ? null : NaturalIds.Of(clients) };
    }

    private (TableChoice Choice, TableClasses Classes, IReadOnlyList<PartRows> Rows) FindClasses(IReadOnlyList<TablePart> parts, CancellationToken cancellationToken)
    {
        var choices = new TableChoice[parts.Count];
        var rows = parts.Select(part => new PartRows(part.IsTrain)).ToList();
        ForEach(parts, (index, table, place) =>
        {
            choices[index] = TableChoice.Of(table.Header, place, Form, parts[index].IsTrain);
            table.Read(choices[index].In(table.Header, place, isTrain: false) with { Numbers = [] }, row =>
            {
                rows[index].Add(row.Label);
                if (rows[index].Labels.Count > DatasetLimits.MaxClasses)
                    throw TableClasses.TooMany(Container.Path, choices[index].Label, rows[index].Labels.Count);
                if (rows[index].Count > MaxRows)
                    throw new DatasetException(FormattableString.Invariant($"{place}: more than {MaxRows:N0} rows"));
            }, cancellationToken);
        }, cancellationToken);
        if (rows.Where(part => part.IsTrain).Sum(part => (long)part.Count) == 0)
            throw new DatasetException($"{Container.Path}: no rows to train on");
        var written = rows.Where(part => part.IsTrain).SelectMany(part => part.Labels.Keys).ToHashSet(StringComparer.Ordinal);
        return (choices[0], new TableClasses(Container.Path, choices[0].Label, written), rows);
    }

    /// <summary>Which of the rows, one part's behind another's, are to be tested on.</summary>
    private bool[] Draw(TableClasses classes, IReadOnlyList<PartRows> rows, double fraction)
    {
        var labels = rows.SelectMany(part => part.LabelOfRow.Select(label => classes.LabelOf(part.Written[label], Container.Path))).ToArray();
        var byClass = Enumerable.Range(0, labels.Length).GroupBy(row => labels[row]).OrderBy(of => of.Key).Select(of => (classes.Names[of.Key], of.ToArray())).ToList();
        var isTested = new bool[labels.Length];
        foreach (var row in TestShare.Draw(Container.Path, byClass, fraction, "row"))
            isTested[row] = true;
        return isTested;
    }

    /// <summary>The columns' means and deviations in the rows to train on.</summary>
    private List<TableColumn> Measure(IReadOnlyList<TablePart> parts, TableChoice choice, IReadOnlyList<PartRows> rows, bool[]? isTested, CancellationToken cancellationToken)
    {
        var statistics = parts.Select(_ => new ColumnStatistics(choice.Numbers.Count)).ToList();
        ForEach(parts.Where(part => part.IsTrain).ToList(), (index, table, place) =>
        {
            var at = FirstRow(rows, index);
            table.Read(choice.In(table.Header, place, isTrain: false), row =>
            {
                if (isTested is null || !isTested[RowWithin(isTested, at++)])
                    statistics[index].Add(row.Numbers);
            }, cancellationToken);
        }, cancellationToken);
        var all = new ColumnStatistics(choice.Numbers.Count);
        foreach (var of in statistics)
            all.Add(of);
        return [.. choice.Numbers.Select((name, column) => all.Of(column, name)
            ?? throw new DatasetException($"{Container.Path}: column '{EntryName.Printable(name)}' has no number in the rows to train on, or such as are too large to be standardised"))];
    }

    private (ImageExamples Train, ImageExamples Test, string[]? Clients) Fill(
        IReadOnlyList<TablePart> parts, TableChoice choice, TableClasses classes, List<TableColumn> columns, IReadOnlyList<PartRows> rows, bool[]? isTested,
        IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var shape = ImageShape.OfTable(columns.Count);
        var trainCount = rows.Where(part => part.IsTrain).Sum(part => part.Count) - (isTested?.Count(tested => tested) ?? 0);
        var total = rows.Sum(part => part.Count);
        var train = GC.AllocateUninitializedArray<byte>(trainCount * shape.RecordLength);
        var test = GC.AllocateUninitializedArray<byte>((total - trainCount) * shape.RecordLength);
        var clients = choice.Client is null ? null : new string[trainCount];
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var done = 0;
        var (trained, tested) = (0, 0);
        ForEach(parts, (index, table, place) =>
        {
            var at = FirstRow(rows, index);
            if (isTested is null)
                (trained, tested) = parts[index].IsTrain ? (at, tested) : (trained, at - trainCount);
            table.Read(choice.In(table.Header, place, parts[index].IsTrain), row =>
            {
                var isTest = isTested is null ? !parts[index].IsTrain : isTested[RowWithin(isTested, at++)];
                var (records, place) = isTest ? (test, tested++) : (train, trained++);
                if ((long)(place + 1) * shape.RecordLength > records.Length)
                    throw Changed();
                if (!isTest && clients is not null)
                    clients[place] = Once(row.Client);
                Write(row, classes, columns, records.AsSpan(place * shape.RecordLength, shape.RecordLength));
                if (++done % RowsAReport == 0)
                    progress?.Report(new DatasetProgress(DatasetStage.Decoding, done, total));
            }, cancellationToken);
        }, cancellationToken);
        return done == total
            ? (new ImageExamples(train, shape, classes.Names.Count), new ImageExamples(test, shape, classes.Names.Count), clients)
            : throw Changed();

        // Many rows are of one client, whose name memory has once.
        string Once(string client)
        {
            if (!names.TryGetValue(client, out var once))
                names.Add(client, once = client);
            return once;
        }
    }

    private static void Write(TableRow row, TableClasses classes, List<TableColumn> columns, Span<byte> record)
    {
        record[0] = classes.LabelOf(row.Label, row);
        for (var column = 0; column < columns.Count; column++)
        {
            var value = double.IsNaN(row.Numbers[column]) ? 0 : columns[column].Standardize(row.Numbers[column]);
            if (!float.IsFinite(value))
                throw new DatasetException(FormattableString.Invariant($"{row.Place}: column '{EntryName.Printable(columns[column].Name)}': {row.Numbers[column]} is too far from the others to be standardised"));
            BinaryPrimitives.WriteSingleLittleEndian(record[(1 + (column * sizeof(float)))..], value);
        }
    }

    private static int FirstRow(IReadOnlyList<PartRows> rows, int part) => rows.Take(part).Sum(before => before.Count);

    private int RowWithin(bool[] isTested, int row) => row < isTested.Length ? row : throw Changed();

    private DatasetException Changed() => new($"{Container.Path}: changed while it was read. Try again when it stays as it is.");

    /// <summary>Opens each of some parts, in the container's order.</summary>
    private void ForEach(IReadOnlyList<TablePart> parts, Action<int, ITableFile, string> visit, CancellationToken cancellationToken)
    {
        var indices = parts.Index().ToDictionary(part => part.Item.Name, part => part.Index, StringComparer.Ordinal);
        var opened = 0;
        foreach (var file in Container.Files(cancellationToken))
        {
            if (!indices.TryGetValue(file.Name, out var index))
                continue;
            opened++;
            if (Container is ParquetFiles || ParquetFiles.IsNamed(file.Name))
            {
                using var table = NumbersInParquet.Open(file.ReadAll(), file.Place, !Form.TakesMeans, cancellationToken);
                visit(index, table, file.Place);
                continue;
            }

            file.ReadThrough(stream =>
            {
                using var table = new CsvFile(stream, file.Place, !Form.TakesMeans);
                visit(index, table, file.Place);
            });
        }

        if (opened < parts.Count)
            throw Changed();
    }

    /// <summary>What is known of a part's rows before its numbers are read.</summary>
    private sealed class PartRows(bool isTrain)
    {
        private readonly List<string> written = [];
        private readonly List<ushort> labelOfRow = [];

        public bool IsTrain => isTrain;

        public int Count => labelOfRow.Count;

        public Dictionary<string, ushort> Labels { get; } = new(StringComparer.Ordinal);

        public List<string> Written => written;

        public List<ushort> LabelOfRow => labelOfRow;

        public void Add(string label)
        {
            if (!Labels.TryGetValue(label, out var index))
            {
                index = (ushort)Labels.Count;
                Labels.Add(label, index);
                written.Add(label);
            }

            labelOfRow.Add(index);
        }
    }
}
