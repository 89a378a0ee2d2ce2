using System.Globalization;

namespace FlDurable.Shared.Texts;

/// <summary>
/// Characters that whoever shows a text acts on: control characters and line breaks, and the marks that turn the direction of what follows, with
/// which one text looks like another.
/// </summary>
public static class ActingCharacters
{
    /// <summary>Whether a character is one.</summary>
    public static bool Contains(char character) =>
        char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || character is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
