using System.Globalization;
using System.Text;
using ScottPlot;
using SkiaSharp;

namespace FlDurable.LocalHost.Pictures;

/// <summary>
/// The font of every picture, DejaVu Sans, built in: pictures have text, and the same bytes, on machines without any font too. It has no bold and no slanted form.
/// </summary>
internal static class PictureFont
{
    // Nobody else's font has this name, so that what others draw by ScottPlot in this process is as they have it.
    private const string Name = "DejaVu Sans of FlDurable";
    private const string Resource = "DejaVuSans.ttf";
    private const int FirstJoinedScript = 0x0590; // from Hebrew on, letters run from right to left or change with their neighbours
    private const int AfterJoinedScripts = 0x1E00;

    static PictureFont()
    {
        using var file = typeof(PictureFont).Assembly.GetManifestResourceStream(Resource)!;
        using var data = SKData.Create(file);
        Typeface = SKTypeface.FromData(data);
        Fonts.FontResolvers.Insert(0, new Resolver());
    }

    /// <summary>The font.</summary>
    public static SKTypeface Typeface { get; }

    /// <summary>Whether a letter is there, and looks by itself as it does in a word.</summary>
    public static bool Has(Rune rune) => rune.Value is < FirstJoinedScript or >= AfterJoinedScripts && Typeface.ContainsGlyph(rune.Value)
        && (rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.Control or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));

    /// <summary>A plot whose words are in this font.</summary>
    public static Plot CreatePlot(string title)
    {
        var plot = new Plot();
        plot.Title(title, size: 15);
        plot.Axes.Title.Label.Bold = false;
        plot.Legend.FontName = Name;
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.BackgroundColor = Colors.Transparent;
        plot.Font.Set(Name);
        return plot;
    }

    /// <summary>Adds a text to a plot.</summary>
    public static void Write(Plot plot, string text, double x, double y, Alignment alignment)
    {
        var written = plot.Add.Text(text, x, y);
        written.LabelFontName = Name;
        written.Alignment = alignment;
    }

    private sealed class Resolver : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => fontName == Name ? Typeface : null;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? Typeface : null;
    }
}
