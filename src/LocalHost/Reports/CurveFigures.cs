using FlDurable.LocalHost.Pictures;

namespace FlDurable.LocalHost.Reports;

/// <summary>Curves as pictures of the size that reports have.</summary>
internal static class CurveFigures
{
    private const int Width = 900;
    private const int Height = 400;

    /// <summary>Draws curves.</summary>
    public static Picture Draw(string title, string across, IReadOnlyList<Curve> curves)
    {
        var picture = new Picture(Width, Height) { Fineness = 2 };
        picture.Add(CurveChart.Create(title, across, curves), 0, 0, Width, Height);
        return picture;
    }
}
