using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Datasets.Containers;

/// <summary>
/// The names of files in archives. Nothing is ever unpacked to disk, but a name that points outside is a sign of an archive that was
/// made to harm, or of a broken tool.
/// </summary>
internal static class EntryName
{
    private const int MaxPrintedLength = 200;
    private const int MaxLength = 4096;

    /// <summary>Checks a name and drops <c>./</c>.</summary>
    /// <exception cref="DatasetException">It is absolute, leads upwards, or holds what no portable name holds.</exception>
    public static string Normalize(string container, string name)
    {
        if (name.Length == 0)
            throw Refused("empty");
        if (name.Length > MaxLength)
            throw Refused(FormattableString.Invariant($"{name.Length:N0} characters long; expected at most {MaxLength:N0}"));
        if (name.Contains('\\'))
            throw Refused("with a backslash; expected '/' between folders");
        if (name.Any(char.IsControl))
            throw Refused("with a control character");
        if (name[0] == '/' || (name.Length > 1 && name[1] == ':' && char.IsAsciiLetter(name[0])))
            throw Refused("absolute; expected one relative to the archive");
        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Contains(".."))
            throw Refused("leading out of the archive ('..')");
        return string.Join('/', parts.Where(part => part != "."));

        DatasetException Refused(string why) => new($"{container}: refused: the name of entry '{Printable(name)}' is {why}");
    }

    /// <summary>A name that a terminal can be given.</summary>
    public static string Printable(string name) => Excerpt.Printable(name, MaxPrintedLength);
}
