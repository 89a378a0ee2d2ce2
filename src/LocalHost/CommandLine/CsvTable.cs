using System.CommandLine;
using System.Globalization;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>A table for spreadsheets and programs: RFC 4180 with lines that end as everywhere, numbers as JSON has them, and what is not there empty.</summary>
internal static class CsvTable
{
    private const string StartsFormula = "=+-@\t\r";

    /// <summary>The option that asks for it.</summary>
    public static Option<bool> Option(string what) => new("--csv") { Description = $"Write {what} as CSV." };

    /// <summary>Refuses what asks for two formats.</summary>
    /// <exception cref="UsageException">It does.</exception>
    public static void RefuseBoth(bool csv, bool json)
    {
        if (csv && json)
            throw new UsageException("--csv, --json: expected one of the two");
    }

    /// <summary>Writes a table.</summary>
    /// <param name="output">Where.</param>
    /// <param name="columns">The names of its columns.</param>
    /// <param name="rows">Its rows: numbers, times and text. Text that a spreadsheet would take for a formula is kept from being one.</param>
    public static void Write(TextWriter output, IEnumerable<string> columns, IEnumerable<IEnumerable<object?>> rows)
    {
        output.WriteLine(string.Join(',', columns.Select(Cell)));
        foreach (var row in rows)
            output.WriteLine(string.Join(',', row.Select(Cell)));
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        string text => Quote(text.Length > 0 && StartsFormula.Contains(text[0], StringComparison.Ordinal) ? $"'{text}" : text),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Quote(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
