using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>Options whose value is a whole number within a range.</summary>
internal static class WholeNumberOption
{
    /// <summary>An option that refuses whatever is no whole number of the range, in one line.</summary>
    public static Option<int?> Create(string name, string description, int least, int most) => new(name)
    {
        HelpName = "N",
        Description = description,
        CustomParser = argument => Parse(argument, name, least, most),
    };

    private static int? Parse(ArgumentResult argument, string name, int least, int most)
    {
        var text = argument.Tokens[0].Value;
        if (TryRead(text, out var number) && number >= least && number <= most)
            return (int)number;
        argument.AddError($"{name}: expected a whole number from {least} to {most}, got '{Excerpt.Printable(text)}'");
        return null;
    }

    private static bool TryRead(string text, out long number)
    {
        number = 0;
        if (NumberText.ToJson(text) is not { } json)
            return false;
        using var document = JsonDocument.Parse(json);
        return WholeNumber.TryRead(document.RootElement, out number);
    }
}
