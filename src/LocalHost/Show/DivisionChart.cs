using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Pictures;
using FlDurable.Shared.Datasets.Partitioning;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace FlDurable.LocalHost.Show;

/// <summary>A division of images as two plots beside each other: a bar for each client, in colours by class, and a heat map of clients and classes.</summary>
internal static class DivisionChart
{
    /// <summary>So many clients are drawn, the first ones.</summary>
    public const int MaxClients = 100;

    private const int RowHeight = 24;
    private const int Edges = 90;
    private const int BarWidth = 480;
    private const int Letter = 8;
    private const int ShortestName = 6;
    private const int CellWidth = 52;
    private const int LeastHeatMap = 320;

    /// <summary>Draws a division.</summary>
    public static Picture Draw(Division division, IReadOnlyList<string> classes)
    {
        var (clients, names, bars, heat, height) = Measure(division, classes);
        var picture = new Picture(bars + heat, height);
        picture.Add(Bars(division, clients, names), 0, 0, bars, height);
        picture.Add(Cells(division, clients, names), bars, 0, heat, height);
        return picture;
    }

    /// <summary>Draws both plots apart, for a page that is no wider than either.</summary>
    public static (Picture Bars, Picture HeatMap) DrawApart(Division division, IReadOnlyList<string> classes)
    {
        var (clients, names, bars, heat, height) = Measure(division, classes);
        var (left, right) = (new Picture(bars, height), new Picture(heat, height));
        left.Add(Bars(division, clients, names), 0, 0, bars, height);
        right.Add(Cells(division, clients, names), 0, 0, heat, height);
        return (left, right);
    }

    private static (int Clients, List<string> Names, int BarsWidth, int HeatMapWidth, int Height) Measure(Division division, IReadOnlyList<string> classes)
    {
        var clients = Math.Min(division.Clients, MaxClients);
        var names = classes.Select(HeatMap.Shorten).ToList();
        var longest = Math.Max(ShortestName, names.Max(name => name.Length));
        var clientColumn = ClientNames.Of(clients - 1).Length * Letter + RowHeight;
        return (
            clients, names, clientColumn + BarWidth + longest * Letter + 3 * RowHeight, Math.Max(LeastHeatMap, clientColumn + classes.Count * CellWidth + RowHeight),
            Math.Max(clients, classes.Count) * RowHeight + Edges + HeatMap.HeightOf(names));
    }

    private static Plot Bars(Division division, int clients, List<string> names)
    {
        var plot = PictureFont.CreatePlot("images by client");
        for (var client = 0; client < clients; client++)
        {
            double before = 0;
            for (var label = 0; label < division.Classes; label++)
            {
                var after = before + division[client, label];
                Fill(plot, before, after, client, ColourOf(label));
                before = after;
            }
        }

        foreach (var (label, name) in names.Index())
            plot.Legend.ManualItems.Add(new LegendItem { LabelText = name, FillColor = ColourOf(label), OutlineWidth = 0 });
        plot.ShowLegend(Edge.Right);
        plot.HideGrid();
        SetClients(plot, clients);
        plot.Axes.SetLimitsX(0, 1.02 * Enumerable.Range(0, clients).Max(division.SizeOf));
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true, LabelFormatter = static value => Figures.Count((long)value) };
        return plot;
    }

    private static Plot Cells(Division division, int clients, List<string> names)
    {
        var plot = PictureFont.CreatePlot("images by client and class");
        var largest = Math.Max(1, Enumerable.Range(0, clients).Max(client => Enumerable.Range(0, division.Classes).Max(label => division[client, label])));
        for (var client = 0; client < clients; client++)
        {
            for (var label = 0; label < division.Classes; label++)
            {
                HeatMap.Fill(plot, label, client, (double)division[client, label] / largest);
                HeatMap.Write(plot, label, client, division[client, label]);
            }
        }

        plot.HideGrid();
        SetClients(plot, clients);
        plot.Axes.SetLimitsX(-0.5, names.Count - 0.5);
        HeatMap.NameColumns(plot, names);
        return plot;
    }

    /// <summary>The first client stands above the others.</summary>
    private static void SetClients(Plot plot, int clients)
    {
        plot.Axes.Left.TickGenerator = new NumericManual([.. Enumerable.Range(0, clients).Select(client => (double)client)], [.. Enumerable.Range(0, clients).Select(ClientNames.Of)]);
        plot.Axes.SetLimitsY(clients - 0.5, -0.5);
    }

    private static void Fill(Plot plot, double left, double right, int row, Color colour)
    {
        if (left == right)
            return;
        var rectangle = plot.Add.Rectangle(left, right, row + 0.4, row - 0.4);
        rectangle.FillColor = colour;
        rectangle.LineWidth = 0;
    }

    /// <summary>Colours whose hues are as far apart as the golden ratio makes them, in two degrees of brightness.</summary>
    private static Color ColourOf(int label)
    {
        var hue = label * 0.618034 % 1 * 6;
        var (bright, dark) = label % 2 == 0 ? (230.0, 70.0) : (180.0, 30.0);
        return new Color(Channel(0), Channel(4), Channel(2));

        byte Channel(double shift)
        {
            var at = Math.Abs((hue + shift) % 6 - 3) - 1;
            return (byte)(dark + (bright - dark) * Math.Clamp(at, 0, 1));
        }
    }
}
