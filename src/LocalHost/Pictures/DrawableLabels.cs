using System.Globalization;
using System.Text;
using SkiaSharp;

namespace FlDurable.LocalHost.Pictures;

/// <summary>
/// Names in letters that <see cref="PictureFont"/> has, on lines of a width. Two names never look the same: none is cut, and one whose letters are not
/// there, or that looks like another, is told by its code points.
/// </summary>
internal sealed class DrawableLabels
{
    private readonly List<string[]> labels;

    /// <param name="names">The names.</param>
    /// <param name="fontSize">The size that they are drawn in.</param>
    /// <param name="width">The pixels that a line may take.</param>
    public DrawableLabels(IReadOnlyList<string> names, float fontSize, float width)
    {
        using var font = new SKFont(PictureFont.Typeface, fontSize);
        var shared = names.Distinct(StringComparer.Ordinal).Select(name => Look(name, font)).CountBy(look => look).Where(look => look.Value > 1).Select(look => look.Key)
            .ToHashSet(StringComparer.Ordinal);
        labels = [.. names.Select(name => Wrap(shared.Contains(Look(name, font)) ? Escape(name, static rune => rune.IsAscii) : Escape(name, PictureFont.Has), font, width))];
    }

    /// <summary>The lines of the longest.</summary>
    public int Lines => labels.Max(lines => lines.Length);

    /// <summary>A name in letters that are there.</summary>
    public static string Plain(string name) => Escape(name, PictureFont.Has);

    /// <summary>A name's lines.</summary>
    public string[] Of(int label) => labels[label];

    /// <summary>The outlines of a name's letters: those of a Greek or Cyrillic letter can be a Latin one's.</summary>
    private static string Look(string name, SKFont font) => string.Join(' ', name.EnumerateRunes().Select(rune =>
    {
        using var outline = PictureFont.Has(rune) ? font.GetGlyphPath(font.GetGlyph(rune.Value)) : null;
        return outline?.ToSvgPathData() ?? $"u{rune.Value}";
    }));

    private static string Escape(string name, Func<Rune, bool> isDrawn) => string.Concat(name.EnumerateRunes().Select(
        rune => isDrawn(rune) && PictureFont.Has(rune) ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"u{rune.Value:X4}.")));

    private static string[] Wrap(string label, SKFont font, float width)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        foreach (var rune in label.EnumerateRunes())
        {
            if (line.Length > 0 && font.MeasureText($"{line}{rune}") > width)
            {
                lines.Add(line.ToString());
                line.Clear();
            }

            line.Append(rune);
        }

        lines.Add(line.ToString());
        return [.. lines];
    }
}
