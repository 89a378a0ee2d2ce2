using System.Globalization;
using FlDurable.LocalHost.Pictures;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace FlDurable.LocalHost.Train;

/// <summary>A confusion matrix as a heat map: a row has the images of a class, coloured by the share of them that was taken for each column's.</summary>
internal static class ConfusionChart
{
    private const int MostWithCounts = 30;
    private const int Letter = 8;
    private const int Edges = 90;
    private const int ColumnsATick = 5;
    private const int LabelHeight = 24;

    /// <summary>Draws it, the counts in it where there are not too many classes.</summary>
    /// <param name="title">What it is of.</param>
    /// <param name="model">What a model makes of a test set.</param>
    public static Picture Draw(string title, EvaluatedModel model)
    {
        var classes = model.Classes.Count;
        var names = model.Classes.Select((name, label) => HeatMap.Shorten($"{Number(label)} {name}")).ToList();
        var showsCounts = classes <= MostWithCounts;
        var (cellWidth, cellHeight) = showsCounts ? (52, 24) : (14, 14);
        var (width, height) = ((names.Max(name => name.Length) * Letter) + (classes * cellWidth) + Edges, (classes * cellHeight) + Edges + (showsCounts ? HeatMap.HeightOf(names) + LabelHeight : 0));
        var picture = new Picture(Math.Max(width, (title.Length * Letter) + Edges), height) { Fineness = showsCounts ? 2 : 1 };
        picture.Add(Plot(title, model, names, showsCounts), 0, 0, picture.Width, height);
        return picture;
    }

    private static Plot Plot(string title, EvaluatedModel model, List<string> names, bool showsCounts)
    {
        var plot = PictureFont.CreatePlot(title);
        var (matrix, classes) = (model.Confusion, names.Count);
        for (var label = 0; label < classes; label++)
        {
            for (var taken = 0; taken < classes; taken++)
            {
                if (matrix[label, taken] is not (> 0 and var count))
                    continue;
                HeatMap.Fill(plot, taken, label, (double)count / matrix.Images(label));
                if (showsCounts)
                    HeatMap.Write(plot, taken, label, count);
            }
        }

        plot.HideGrid();
        plot.Axes.SetLimits(-0.5, classes - 0.5, classes - 0.5, -0.5);
        plot.Axes.Left.TickGenerator = new NumericManual([.. Enumerable.Range(0, classes).Select(label => (double)label)], [.. names]);
        if (showsCounts)
        {
            HeatMap.NameColumns(plot, names, LabelHeight);
        }
        else
        {
            var columns = Enumerable.Range(0, classes).Where(label => label % ColumnsATick == 0).ToList();
            plot.Axes.Bottom.TickGenerator = new NumericManual([.. columns.Select(label => (double)label)], [.. columns.Select(Number)]);
        }

        plot.Axes.Bottom.Label.Text = "taken for class";
        plot.Axes.Bottom.Label.Bold = false;
        return plot;
    }

    private static string Number(int label) => label.ToString(CultureInfo.InvariantCulture);
}
