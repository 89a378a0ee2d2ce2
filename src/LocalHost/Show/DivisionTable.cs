using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Datasets.Partitioning;
using Spectre.Console;

namespace FlDurable.LocalHost.Show;

/// <summary>A division of images by client and class.</summary>
internal static class DivisionTable
{
    private const int MostClients = 25;
    private const int MostClasses = 12;
    private const int BarLength = 20;

    /// <summary>Writes a row for each client; of many clients the first, of many classes only how many a client has.</summary>
    public static void Write(IAnsiConsole console, Division division, IReadOnlyList<string> classes)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("client").AddColumn(new TableColumn("images").RightAligned()).AddColumn(new TableColumn("").NoWrap());
        var byClass = classes.Count <= MostClasses;
        foreach (var heading in byClass ? classes.Select((name, label) => $"{label} {name}") : ["classes", "largest share"]) // by their numbers they are told apart where names are cut
            table.AddColumn(new TableColumn(Markup.Escape(Printable.Line(heading))).RightAligned());
        var largest = Enumerable.Range(0, division.Clients).Max(division.SizeOf);
        foreach (var client in Enumerable.Range(0, Math.Min(division.Clients, MostClients)))
        {
            var size = division.SizeOf(client);
            var bar = new string('█', (int)Math.Max(1, (long)size * BarLength / largest));
            var counts = Enumerable.Range(0, division.Classes).Select(label => division[client, label]).ToList();
            table.AddRow([
                Markup.Escape(Printable.Line(division.NaturalIds is { } ids ? $"{ClientNames.Of(client)} {ids[client]}" : ClientNames.Of(client))), Figures.Count(size), bar,
                .. byClass
                    ? counts.Select(count => count == 0 ? "·" : Figures.Count(count))
                    : [Figures.Count(counts.Count(count => count > 0)), Share((double)counts.Max() / size)],
            ]);
        }

        console.Write(table);
        if (division.Clients > MostClients)
            console.WriteLine($"and {Figures.Count(division.Clients - MostClients)} more clients (--json has them all)");
        console.WriteLine($"label entropy {division.LabelEntropy.ToString("0.00", CultureInfo.InvariantCulture)} of {Math.Log2(classes.Count).ToString("0.00", CultureInfo.InvariantCulture)} bits, the clients' mean");
        console.WriteLine($"the largest client has {division.SizeRatio.ToString("0.0", CultureInfo.InvariantCulture)} times the images of the smallest");
        if (division.Unused > 0)
            console.WriteLine($"{Figures.Count(division.Unused, "image")} of {Figures.Count(division.Images)} belong to no client");
        var missing = classes.Where((_, label) => Enumerable.Range(0, division.Clients).All(client => division[client, label] == 0)).ToList();
        if (ClassesOfNobody.Describe(missing, classes.Count) is { } caution)
            console.WriteLine(Printable.Line(caution));
    }

    /// <summary>All of it, for a program.</summary>
    public static object AsJson(Division division, IReadOnlyList<string> classes) => new
    {
        classes,
        clients = Enumerable.Range(0, division.Clients).Select(client => new
        {
            client = ClientNames.Of(client),
            naturalId = division.NaturalIds?[client],
            examples = division.SizeOf(client),
            byClass = Enumerable.Range(0, division.Classes).Select(label => division[client, label]),
        }),
        unused = division.Unused,
        labelEntropy = division.LabelEntropy,
        sizeRatio = division.SizeRatio,
    };

    /// <summary>All of it, a row for each client.</summary>
    public static void WriteRows(TextWriter output, Division division, IReadOnlyList<string> classes)
    {
        string[] called = division.NaturalIds is null ? [] : ["naturalId"];
        CsvTable.Write(
            output, ["client", .. called, "examples", .. classes.Select(Printable.Line)],
            Enumerable.Range(0, division.Clients).Select(client => (IEnumerable<object?>)
            [
                ClientNames.Of(client), .. (division.NaturalIds is { } ids ? (object[])[ids[client]] : []), division.SizeOf(client),
                .. Enumerable.Range(0, division.Classes).Select(label => (object)division[client, label]),
            ]));
    }

    private static string Share(double share) => share.ToString("0 %", CultureInfo.InvariantCulture);
}
