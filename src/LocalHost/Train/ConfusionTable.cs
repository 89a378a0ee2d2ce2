using System.Globalization;
using FlDurable.ClientActivities;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Records;
using Spectre.Console;

namespace FlDurable.LocalHost.Train;

/// <summary>What a model makes of a test set.</summary>
/// <param name="Classes">The names of the classes.</param>
/// <param name="Metrics">Its loss and accuracy.</param>
/// <param name="Confusion">What it takes images for.</param>
internal sealed record EvaluatedModel(IReadOnlyList<string> Classes, Metrics Metrics, ConfusionMatrix Confusion);

/// <summary>A row for each class: how much of it is found, and what it is taken for.</summary>
internal static class ConfusionTable
{
    private const int MostClasses = 12;

    /// <summary>Writes it; of many classes the whole matrix is not shown, but what each is mistaken for most.</summary>
    public static void Write(IAnsiConsole console, EvaluatedModel model)
    {
        var matrix = model.Confusion;
        var names = model.Classes.Select(Printable.Line).ToList();
        var showsAll = names.Count <= MostClasses;
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("class").NoWrap());
        foreach (var heading in (string[])["images", "recall", "precision", "F1", .. showsAll ? names.Index().Select(name => Number(name.Index)) : ["mostly mistaken for"]])
            table.AddColumn(new TableColumn(heading).RightAligned().NoWrap());
        foreach (var (label, name) in names.Index())
        {
            table.AddRow([
                Markup.Escape($"{Number(label)} {name}"), Figures.Count(matrix.Images(label)), Share(matrix.Recall(label)), Share(matrix.Precision(label)), Share(matrix.F1(label)),
                .. showsAll
                    ? Enumerable.Range(0, names.Count).Select(taken => matrix[label, taken] is > 0 and var count ? Figures.Count(count) : "·")
                    : [Markup.Escape(MostlyMistakenFor(matrix, label, names))],
            ]);
        }

        console.Write(table);
        if (showsAll)
            console.WriteLine("A row has the images of a class, a column with a class's number those that were taken for it.");
        console.WriteLine(Figures.Of(model.Metrics));
    }

    /// <summary>All of it, for a program.</summary>
    public static object AsJson(EvaluatedModel model) => new
    {
        loss = model.Metrics.Loss,
        accuracy = model.Metrics.Accuracy,
        classes = model.Classes.Select((name, label) => new
        {
            name,
            examples = model.Confusion.Images(label),
            recall = model.Confusion.Recall(label),
            precision = model.Confusion.Precision(label),
            f1 = model.Confusion.F1(label),
            takenFor = Row(model, label),
        }),
    };

    /// <summary>The matrix, a row for each class.</summary>
    public static void WriteRows(TextWriter output, EvaluatedModel model) => CsvTable.Write(
        output, ["class", .. model.Classes.Select(Printable.Line)],
        model.Classes.Select((name, label) => (IEnumerable<object?>)[Printable.Line(name), .. Row(model, label).Select(count => (object)count)]));

    private static IEnumerable<long> Row(EvaluatedModel model, int label) => Enumerable.Range(0, model.Classes.Count).Select(taken => model.Confusion[label, taken]);

    private static string MostlyMistakenFor(ConfusionMatrix matrix, int label, List<string> names)
    {
        var other = Enumerable.Range(0, names.Count).Where(taken => taken != label).MaxBy(taken => matrix[label, taken]);
        return matrix[label, other] is > 0 and var count ? $"{names[other]} ({Figures.Count(count)})" : "·";
    }

    private static string Number(int label) => label.ToString(CultureInfo.InvariantCulture);

    private static string Share(double? share) => share?.ToString("0.000", CultureInfo.InvariantCulture) ?? "·";
}
