namespace FlDurable.Shared.Datasets.Sources.Tables;

/// <summary>
/// Looks at a table's text for double quotes that don't enclose a whole cell (RFC 4180, 2.5 to 2.7). A reader that takes any quote for a beginning or an
/// end makes one cell of all the rows up to the next.
/// </summary>
/// <param name="place">What messages call the table.</param>
/// <param name="separator">What divides its columns.</param>
internal sealed class QuoteCheck(string place, char separator)
{
    private State state;
    private long line = 1;
    private long opened;

    private enum State
    {
        /// <summary>A cell begins, with blanks at most so far.</summary>
        Beginning,

        /// <summary>Within a cell without quotes.</summary>
        Bare,

        /// <summary>Between a cell's quotes.</summary>
        Quoted,

        /// <summary>Behind a quote that ends a cell, unless it is the first of two, which stand for one.</summary>
        Closed,
    }

    /// <summary>Looks at what comes next.</summary>
    /// <exception cref="DatasetException">A quote stands where none may, or text does behind a quoted cell, or there is a character that no text has.</exception>
    public void Look(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (character == '\0')
                throw Refused(line, "a NUL character, which no text has");
            state = Next(character);
            if (character == '\n')
                line++;
        }
    }

    /// <summary>Looks at the end.</summary>
    /// <exception cref="DatasetException">A quoted cell doesn't end.</exception>
    public void End()
    {
        if (state == State.Quoted)
            throw Refused(opened, "a double quote begins a cell here, and none ends it");
    }

    private State Next(char character)
    {
        if (state == State.Quoted)
            return character == '"' ? State.Closed : State.Quoted;
        if (character == separator || character is '\r' or '\n')
            return State.Beginning;
        if (character == '"')
        {
            if (state == State.Bare)
                throw Refused(line, "a double quote within a cell that doesn't begin with one; expected the cell in double quotes, and two of them for one of its own");
            if (state == State.Beginning)
                opened = line;
            return State.Quoted;
        }

        return (state, char.IsWhiteSpace(character)) switch
        {
            (State.Beginning or State.Closed, true) => state,
            (State.Closed, false) => throw Refused(line, "text behind the double quote that ends a cell; expected two double quotes for one within it"),
            _ => State.Bare,
        };
    }

    private DatasetException Refused(long where, string why) => new(FormattableString.Invariant($"{place}: line {where}: {why}"));
}
