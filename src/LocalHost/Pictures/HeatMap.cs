using System.Globalization;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Texts;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace FlDurable.LocalHost.Pictures;

/// <summary>The cells of a heat map, which stand on whole numbers, and the names beside them.</summary>
internal static class HeatMap
{
    private const int MostShown = 999_999;
    private const int MaxName = 20;
    private const float NameSize = 12;
    private const int NameGap = 16;

    /// <summary>Fills a cell, white to a blue on which black digits can be read.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="column">The cell's column.</param>
    /// <param name="row">Its row.</param>
    /// <param name="share">How blue it is, 0 to 1.</param>
    public static void Fill(Plot plot, int column, int row, double share)
    {
        var cell = plot.Add.Rectangle(column - 0.48, column + 0.48, row + 0.46, row - 0.46);
        cell.FillColor = new Color((byte)(245 - (160 * share)), (byte)(248 - (90 * share)), 255);
        cell.LineWidth = 0;
    }

    /// <summary>Writes a count into a cell.</summary>
    public static void Write(Plot plot, int column, int row, long count) =>
        PictureFont.Write(plot, count > MostShown ? "many" : count.ToString(CultureInfo.InvariantCulture), column, row, Alignment.MiddleCenter);

    /// <summary>How high names are that are written upwards below their columns.</summary>
    public static int HeightOf(IReadOnlyList<string> names)
    {
        using var font = new SKFont(PictureFont.Typeface, NameSize);
        return (int)MathF.Ceiling(names.Max(name => font.MeasureText(name))) + NameGap;
    }

    /// <summary>Writes names upwards below their columns, which are then no wider than their counts.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="names">The columns' names.</param>
    /// <param name="below">How much room there is to be below them.</param>
    public static void NameColumns(Plot plot, IReadOnlyList<string> names, int below = 0)
    {
        plot.Axes.Bottom.TickGenerator = new NumericManual([.. Enumerable.Range(0, names.Count).Select(column => (double)column)], [.. names]);
        plot.Axes.Bottom.TickLabelStyle.FontSize = NameSize;
        plot.Axes.Bottom.TickLabelStyle.Rotation = -90;
        plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
        plot.Axes.Bottom.MinimumSize = HeightOf(names) + below;
    }

    /// <summary>A name as it can be drawn, cut at 20 letters.</summary>
    public static string Shorten(string name) => Excerpt.Of(DrawableLabels.Plain(Printable.Line(name)), MaxName);
}
