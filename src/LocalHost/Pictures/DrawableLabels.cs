using System.Globalization;

namespace FlDurable.LocalHost.Pictures;

/// <summary>
/// Classes' names in letters that <see cref="PixelFont"/> has, on lines that fit below an image. Two names never become the same: none is
/// cut, and one whose letters are not there is told by its code points.
/// </summary>
internal sealed class DrawableLabels
{
    // String.Normalize would take them apart, but does nothing on a machine without ICU.
    private static readonly Dictionary<char, string> WithMarks = new (string Plain, string Marked)[]
    {
        ("A", "ÀÁÂÃÄÅĀĂĄ"), ("AE", "Æ"), ("C", "ÇĆĈĊČ"), ("D", "ĎĐ"), ("E", "ÈÉÊËĒĔĖĘĚ"), ("G", "ĜĞĠĢ"), ("H", "Ĥ"),
        ("I", "ÌÍÎÏĨĪĬĮİ"), ("J", "Ĵ"), ("K", "Ķ"), ("L", "ĹĻĽŁ"), ("N", "ÑŃŅŇ"), ("O", "ÒÓÔÕÖŌŎŐØ"), ("OE", "Œ"), ("R", "ŔŖŘ"),
        ("S", "ŚŜŞŠ"), ("T", "ŢŤ"), ("TH", "Þ"), ("U", "ÙÚÛÜŨŪŬŮŰŲ"), ("W", "Ŵ"), ("Y", "ÝŶŸ"), ("Z", "ŹŻŽ"), ("a", "àáâãäåāăą"),
        ("ae", "æ"), ("c", "çćĉċč"), ("d", "ďđ"), ("e", "èéêëēĕėęě"), ("g", "ĝğġģ"), ("h", "ĥ"), ("i", "ìíîïĩīĭįı"), ("j", "ĵ"),
        ("k", "ķ"), ("l", "ĺļľł"), ("n", "ñńņň"), ("o", "òóôõöōŏőø"), ("oe", "œ"), ("r", "ŕŗř"), ("s", "śŝşš"), ("ss", "ß"),
        ("t", "ţť"), ("th", "þ"), ("u", "ùúûüũūŭůűų"), ("w", "ŵ"), ("y", "ýÿŷ"), ("z", "źżž"),
    }.SelectMany(letters => letters.Marked.Select(letter => (letter, letters.Plain))).ToDictionary();

    private readonly List<string[]> labels;

    /// <param name="classes">The names.</param>
    /// <param name="width">How many letters fit on a line, at least 1.</param>
    public DrawableLabels(IReadOnlyList<string> classes, int width)
    {
        var plain = classes.Select(WithoutMarks).ToList();
        var shared = plain.CountBy(label => label).Where(label => label.Value > 1).Select(label => label.Key).ToHashSet(StringComparer.Ordinal);
        labels = [.. classes.Select((name, index) => Wrap(shared.Contains(plain[index]) || !IsDrawable(plain[index]) ? Escaped(name) : plain[index], width))];
    }

    /// <summary>The lines of the longest.</summary>
    public int Lines => labels.Max(lines => lines.Length);

    /// <summary>A class's lines.</summary>
    public string[] Of(int label) => labels[label];

    /// <summary>é is an e with a mark; what it is without can be read.</summary>
    private static string WithoutMarks(string name) => string.Concat(name
        .Where(letter => CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark)
        .Select(letter => WithMarks.GetValueOrDefault(letter) ?? letter.ToString()));

    private static bool IsDrawable(string label) => label.All(PixelFont.Default.Has);

    private static string Escaped(string name) => string.Concat(name.EnumerateRunes().Select(
        rune => rune.IsBmp && PixelFont.Default.Has((char)rune.Value) ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"u{rune.Value:X4}.")));

    private static string[] Wrap(string label, int width) => [.. label.Chunk(Math.Max(1, width)).Select(line => new string(line))];
}
