using System.Globalization;
using System.Text;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// Names that differ only in how accents and Korean syllables are written: as one character (Unicode's form C) or as several (form D).
/// Without Unicode's tables, since programs for servers run without ICU: of a letter with its mark in one character and a letter with marks
/// behind it, only the script is compared.
/// </summary>
internal static class UnicodeForms
{
    private static readonly Script[] Scripts =
    [
        new('\u00C0', '\u024F', 'A', 'z', '\u0300', '\u036F'), // Latin
        new('\u1E00', '\u1EFF', 'A', 'z', '\u0300', '\u036F'),
        new('\u0386', '\u03CE', '\u0391', '\u03C9', '\u0300', '\u036F'), // Greek
        new('\u1F00', '\u1FFF', '\u0391', '\u03C9', '\u0300', '\u036F'),
        new('\u0400', '\u04FF', '\u0400', '\u04FF', '\u0300', '\u036F'), // Cyrillic
        new('\u304B', '\u30FF', '\u3042', '\u30FF', '\u3099', '\u309A'), // Japanese: voiced kana
        new('\uAC00', '\uD7A3', '\u1100', '\u1112', '\u1161', '\u1175'), // Korean: syllables
    ];

    /// <summary>Whether two different names are likely one.</summary>
    public static bool AreTwoOfOne(string first, string second)
    {
        var (ones, others) = (Letters(first), Letters(second));
        return first != second && ones.Count == others.Count && ones.Zip(others).All(pair => IsSame(pair.First, pair.Second));
    }

    private static bool IsSame(string first, string second) =>
        first == second || Scripts.Any(script => script.HasBoth(first, second) || script.HasBoth(second, first));

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

    /// <summary>The characters of a script that hold a letter and its mark, the letters that marks stand behind, and those marks.</summary>
    private sealed record Script(
        char FirstComposed, char LastComposed, char FirstLetter, char LastLetter, char FirstMark, char LastMark)
    {
        public bool HasBoth(string composed, string marked) =>
            composed.Length == 1 && marked.Length > 1
            && composed[0] >= FirstComposed && composed[0] <= LastComposed
            && marked[0] >= FirstLetter && marked[0] <= LastLetter
            && marked[1] >= FirstMark && marked[1] <= LastMark;
    }
}
