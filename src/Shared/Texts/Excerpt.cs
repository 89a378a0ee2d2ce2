namespace FlDurable.Shared.Texts;

/// <summary>Text that came from outside, as a message or a terminal can be given it: its beginning, however long it is.</summary>
public static class Excerpt
{
    /// <summary>Enough to know a name or a value by.</summary>
    public const int DefaultLength = 80;

    private const char Ellipsis = '…';

    /// <summary>A text's beginning; what was cut off is told by an ellipsis.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">UTF-16 characters that stay, at least 1. The ellipsis comes after them.</param>
    public static string Of(string text, int most = DefaultLength)
    {
        if (text.Length <= most)
            return text;

        // Half a surrogate pair is no text.
        var length = char.IsHighSurrogate(text[most - 1]) ? most - 1 : most;
        return $"{text.AsSpan(0, length)}{Ellipsis}";
    }

    /// <summary>A text's beginning, and if that is not all of it how long it is.</summary>
    /// <inheritdoc cref="Of" path="/param"/>
    public static string Counted(string text, int most = DefaultLength) =>
        text.Length <= most ? text : FormattableString.Invariant($"{Of(text, most)} ({text.Length} characters)");

    /// <summary>A text's beginning on one line, without what a terminal would take for a command.</summary>
    /// <inheritdoc cref="Of" path="/param"/>
    public static string Printable(string text, int most = DefaultLength)
    {
        var beginning = Of(text, most);
        return beginning.Any(ActingCharacters.Contains)
            ? string.Concat(beginning.Select(character => ActingCharacters.Contains(character) ? '?' : character))
            : beginning;
    }
}
