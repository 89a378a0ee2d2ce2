using System.Globalization;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Pictures;
using FlDurable.Shared.Datasets.Partitioning;

namespace FlDurable.LocalHost.Show;

/// <summary>A division of images as two pictures beside each other: a bar for each client, in colours by class, and a heat map of clients and classes.</summary>
internal static class DivisionChart
{
    /// <summary>So many clients are drawn, the first ones.</summary>
    public const int MaxClients = 100;

    private const int Scale = 2;
    private const int RowHeight = PixelFont.Height * Scale + 8;
    private const int Gap = 16;
    private const int BarWidth = 480;
    private const int MaxName = 16;
    private const int Letter = PixelFont.Advance * Scale;
    private const int CellWidth = 6 * Letter + 8;

    /// <summary>Draws a division.</summary>
    public static Picture Draw(Division division, IReadOnlyList<string> classes)
    {
        var clients = Math.Min(division.Clients, MaxClients);
        var names = classes.Select(name => name.Length > MaxName ? name[..MaxName] : name).ToList();
        var legend = names.Max(name => name.Length) * Letter + RowHeight;
        var clientColumn = ClientNames.Of(clients - 1).Length * Letter + Gap;
        var heatLeft = Gap + clientColumn + BarWidth + Gap + legend + Gap;
        var picture = new Picture(
            heatLeft + clientColumn + classes.Count * CellWidth + Gap,
            Gap + Math.Max(clients, classes.Count) * RowHeight + RowHeight + Gap);

        var top = Gap + RowHeight;
        DrawBars(picture, division, clients, Gap, clientColumn, top);
        for (var label = 0; label < classes.Count; label++)
        {
            var left = Gap + clientColumn + BarWidth + Gap;
            FillClass(picture, label, left, top + label * RowHeight, RowHeight - 6, RowHeight - 6);
            Write(picture, names[label], left + RowHeight, top + label * RowHeight);
        }

        DrawHeatMap(picture, division, clients, names, heatLeft, clientColumn, top);
        return picture;
    }

    private static void DrawBars(Picture picture, Division division, int clients, int left, int clientColumn, int top)
    {
        Write(picture, "images", left + clientColumn, top - RowHeight);
        var largest = Enumerable.Range(0, clients).Max(division.SizeOf);
        for (var client = 0; client < clients; client++)
        {
            Write(picture, ClientNames.Of(client), left, top + client * RowHeight);
            long before = 0;
            for (var label = 0; label < division.Classes; label++)
            {
                var after = before + division[client, label];
                var (first, end) = ((int)(before * BarWidth / largest), (int)(after * BarWidth / largest));
                FillClass(picture, label, left + clientColumn + first, top + client * RowHeight, end - first, RowHeight - 4);
                before = after;
            }
        }
    }

    private static void DrawHeatMap(Picture picture, Division division, int clients, List<string> names, int left, int clientColumn, int top)
    {
        var largest = Math.Max(1, Enumerable.Range(0, clients).Max(client => Enumerable.Range(0, division.Classes).Max(label => division[client, label])));
        for (var label = 0; label < division.Classes; label++)
        {
            var name = names[label].Length > CellWidth / Letter ? names[label][..(CellWidth / Letter)] : names[label];
            Write(picture, name, left + clientColumn + label * CellWidth, top - RowHeight);
        }

        for (var client = 0; client < clients; client++)
        {
            Write(picture, ClientNames.Of(client), left, top + client * RowHeight);
            for (var label = 0; label < division.Classes; label++)
            {
                // White to a blue on which black digits can be read.
                var count = division[client, label];
                var share = (double)count / largest;
                var cell = left + clientColumn + label * CellWidth;
                picture.Fill(cell, top + client * RowHeight, CellWidth - 2, RowHeight - 2, (byte)(245 - 160 * share), (byte)(248 - 90 * share), 255);
                Write(picture, count > 999_999 ? "many" : count.ToString(CultureInfo.InvariantCulture), cell + 4, top + client * RowHeight + 2);
            }
        }
    }

    private static void Write(Picture picture, string text, int left, int top) => PixelFont.Default.Draw(picture, Printable.Line(text), left, top, Scale);

    /// <summary>Colours whose hues are as far apart as the golden ratio makes them, in two degrees of brightness.</summary>
    private static void FillClass(Picture picture, int label, int left, int top, int width, int height)
    {
        var hue = label * 0.618034 % 1 * 6;
        var (bright, dark) = label % 2 == 0 ? (230.0, 70.0) : (180.0, 30.0);
        picture.Fill(left, top, width, height, Channel(0), Channel(4), Channel(2));

        byte Channel(double shift)
        {
            var at = Math.Abs((hue + shift) % 6 - 3) - 1;
            return (byte)(dark + (bright - dark) * Math.Clamp(at, 0, 1));
        }
    }
}
