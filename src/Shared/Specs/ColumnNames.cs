using System.Text;

namespace FlDurable.Shared.Specs;

/// <summary>Names of a table's columns as a spec writes them.</summary>
internal static class ColumnNames
{
    /// <summary>What <see cref="In"/> reads.</summary>
    public const string Form = "names of columns, each once, with a comma between; one with a comma in it between double quotes";

    /// <summary>Names that are written one after another; null if they are not written so.</summary>
    public static IReadOnlyList<string>? In(string text)
    {
        var names = new List<string>();
        for (var at = 0; at <= text.Length;)
        {
            var name = new StringBuilder();
            var isQuoted = at < text.Length && text[at] == '"';
            if (isQuoted)
            {
                at++;
                while (at < text.Length && (text[at] != '"' || (at + 1 < text.Length && text[at + 1] == '"')))
                {
                    at += text[at] == '"' ? 1 : 0;
                    name.Append(text[at++]);
                }

                if (at++ >= text.Length)
                    return null;
            }
            else
            {
                while (at < text.Length && text[at] != ',')
                    name.Append(text[at++]);
            }

            if ((at < text.Length && text[at] != ',') || name.Length == 0 || names.Contains(name.ToString()))
                return null;
            names.Add(name.ToString());
            at++;
        }

        return names;
    }
}
