using System.Globalization;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Texts;
using ScottPlot;

namespace FlDurable.LocalHost.Pictures;

/// <summary>The cells of a heat map, which stand on whole numbers, and the names beside them.</summary>
internal static class HeatMap
{
    private const int MostShown = 999_999;
    private const int MaxName = 20;

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

    /// <summary>A name as it can be drawn, cut at 20 letters.</summary>
    public static string Shorten(string name) => Excerpt.Of(DrawableLabels.Plain(Printable.Line(name)), MaxName);
}
