using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Display;

/// <summary>What is logged to stderr, and how.</summary>
/// <param name="Least">Nothing below this; of others than FlDurable's own only warnings and above, unless it is below <see cref="LogLevel.Information"/>.</param>
/// <param name="Format">How a line looks.</param>
internal sealed record LogSettings(LogLevel Least, LogFormat Format = LogFormat.Text)
{
    private const string Own = "FlDurable";

    /// <summary>Whether lines of a category and level are written.</summary>
    public bool Takes(string? category, LogLevel level) =>
        level >= Least && (level >= LogLevel.Warning || Least < LogLevel.Information || category?.StartsWith(Own, StringComparison.Ordinal) == true);
}

/// <summary>How a line of the log looks.</summary>
internal enum LogFormat
{
    /// <summary>Time, level, who and what, for a person.</summary>
    Text,

    /// <summary>One JSON object a line, for a program: time, level, category, event, message, and the values in it by their names.</summary>
    Json,
}
