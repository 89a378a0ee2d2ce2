using System.Text.RegularExpressions;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>Numbers as people type them: <c>.001</c>, <c>5.</c> and <c>+5</c> too, which JSON does not have.</summary>
internal static partial class NumberText
{
    /// <summary>The same number in JSON, to the last digit; null if it is none.</summary>
    public static string? ToJson(string text)
    {
        var number = Number().Match(text);
        if (!number.Success)
            return null;
        var whole = number.Groups["whole"].Value.TrimStart('0');
        var fraction = number.Groups["fraction"].Value;
        return $"{number.Groups["minus"].Value}{(whole.Length == 0 ? "0" : whole)}{(fraction.Length == 0 ? "" : $".{fraction}")}{number.Groups["exponent"].Value}";
    }

    [GeneratedRegex(@"^(\+|(?<minus>-))?(?=\.?[0-9])(?<whole>[0-9]*)(\.(?<fraction>[0-9]*))?(?<exponent>[eE][+-]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
