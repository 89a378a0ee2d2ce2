using System.Globalization;
using System.Text;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// Names that differ only in how accents and Korean syllables are written: as one character (Unicode's form C) or as several (form D).
/// Without tables, since programs for servers run without ICU: what has a mark in one name must be one character in the other.
/// </summary>
internal static class UnicodeForms
{
    /// <summary>Whether two different names are likely one.</summary>
    public static bool AreTwoOfOne(string first, string second)
    {
        var (ones, others) = (Letters(first), Letters(second));
        return first != second && ones.Count == others.Count && ones.Zip(others).All(pair => IsSame(pair.First, pair.Second));
    }

    private static bool IsSame(string first, string second) =>
        first == second || (IsComposed(first) && IsMarked(second)) || (IsComposed(second) && IsMarked(first));

    private static bool IsComposed(string letter) => letter.EnumerateRunes().Count() == 1 && !char.IsAscii(letter[0]);

    private static bool IsMarked(string letter) => letter.EnumerateRunes().Count() > 1;

    private static List<string> Letters(string name)
    {
        var letters = new List<string>();
        foreach (var rune in name.EnumerateRunes())
        {
            if (letters.Count > 0 && Continues(rune))
                letters[^1] += rune.ToString();
            else
                letters.Add(rune.ToString());
        }

        return letters;
    }

    private static bool Continues(Rune rune)
    {
        const int firstKoreanVowel = 0x1160;
        const int lastKoreanFinal = 0x11FF;
        return Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            || rune.Value is >= firstKoreanVowel and <= lastKoreanFinal;
    }
}
