using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.Display;

/// <summary>
/// Text as a terminal can be given it. Reasons, names and paths come from others, and what a terminal takes for a command could move the
/// cursor, hide a line, or type.
/// </summary>
internal static class Printable
{
    private const char Replacement = '?';

    /// <summary>A text whose lines and tabs stay, and in which every other control character is shown as one that does nothing.</summary>
    public static string Text(string text) => Clean(text, static character => character is '\n' or '\t' or '\r');

    /// <summary>A text on one line: a line break in it would let it look like a line of ours.</summary>
    public static string Line(string text) => Clean(text.ReplaceLineEndings(" "), static _ => false);

    private static string Clean(string text, Func<char, bool> isKept)
    {
        return text.All(IsHarmless) ? text : string.Concat(text.Select(character => IsHarmless(character) ? character : Replacement));

        bool IsHarmless(char character) => isKept(character) || !ActingCharacters.Contains(character);
    }
}
