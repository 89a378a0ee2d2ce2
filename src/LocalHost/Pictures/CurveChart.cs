using System.Globalization;
using FlDurable.LocalHost.Display;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace FlDurable.LocalHost.Pictures;

/// <summary>Curves in one plot, told apart by colour and by their marks.</summary>
internal static class CurveChart
{
    private const int Marks = 12;
    private const int Size = 7;
    private const int SizeAlone = 12;

    // Okabe and Ito's colours, which are told apart by the colour-blind too; without their yellow, which is not seen on white.
    private static readonly Color[] Colours = [.. new[] { "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00" }.Select(Color.FromHex)];

    private static readonly MarkerShape[] Shapes =
        [MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond, MarkerShape.FilledTriangleDown];

    /// <summary>Draws curves.</summary>
    /// <param name="title">What stands above them.</param>
    /// <param name="across">What the x axis has.</param>
    /// <param name="curves">The curves; those of many points are thinned, and the x axis says so.</param>
    public static Plot Create(string title, string across, IReadOnlyList<Curve> curves)
    {
        var plot = PictureFont.CreatePlot(title);
        foreach (var (number, curve) in curves.Index())
            Add(plot, number, curve);
        var all = curves.Max(curve => curve.Points.Count);
        var drawn = curves.Max(curve => Thinning.Thin(curve.Points).Count);
        plot.XLabel(drawn == all ? across : $"{across} ({Figures.Count(drawn)} of {Figures.Count(all)} points, the least and the greatest of each stretch)", size: 13);
        plot.Axes.Bottom.TickGenerator = Ticks(curves.All(curve => curve.Points.All(point => double.IsInteger(point.X))));
        plot.Axes.Left.TickGenerator = Ticks(curves.All(curve => curve.Points.All(point => double.IsInteger(point.Y))));
        plot.Axes.Bottom.MinorTickStyle.Length = 0;
        plot.Axes.Left.MinorTickStyle.Length = 0;
        plot.Axes.Margins(0.02, 0.06);
        plot.Grid.MajorLineColor = Color.FromHex("#E5E5E5");
        plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.ShowLegend(Edge.Right);
        return plot;
    }

    private static void Add(Plot plot, int number, Curve curve)
    {
        var colour = Colours[number % Colours.Length];
        var shape = Shapes[number % Shapes.Length];
        var points = Thinning.Thin(curve.Points).Select(point => new Coordinates(point.X, double.IsFinite(point.Y) ? point.Y : double.NaN)).ToArray();
        if (points.Any(point => !double.IsNaN(point.Y)))
        {
            var line = plot.Add.ScatterLine(points, colour);
            line.LineWidth = 2;
            var every = Math.Max(1, points.Length / Marks);
            var marked = points.Where((point, index) => (index % every == number % every || IsAlone(points, index)) && !double.IsNaN(point.Y)).ToArray();
            if (marked.Length > 0)
                plot.Add.Markers(marked, shape, points.Length == 1 ? SizeAlone : Size, colour);
        }

        plot.Legend.ManualItems.Add(new LegendItem
        {
            LabelText = curve.Name,
            LineColor = colour,
            LineWidth = 2,
            MarkerShape = shape,
            MarkerSize = Size,
            MarkerFillColor = colour,
            MarkerLineColor = colour,
        });
    }

    /// <summary>Whether no line leads to a point or from it.</summary>
    private static bool IsAlone(Coordinates[] points, int index) =>
        (index == 0 || double.IsNaN(points[index - 1].Y)) && (index == points.Length - 1 || double.IsNaN(points[index + 1].Y));

    private static NumericAutomatic Ticks(bool integers) => new() { IntegerTicksOnly = integers, LabelFormatter = static value => value.ToString("G6", CultureInfo.InvariantCulture) };
}
