using System.CommandLine;
using System.CommandLine.Parsing;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>What is wrong with a command line before any command looks at it, in the words that commands have for what they refuse.</summary>
internal static class ParseErrors
{
    // One letter too many or too few, another, or two that have changed places, and once more.
    private const int MostSlips = 2;

    /// <summary>Each error once; none where a command can look at it.</summary>
    public static IReadOnlyList<string> Describe(ParseResult parsed)
    {
        var (result, command) = (parsed.CommandResult, parsed.CommandResult.Command);
        if (OptionTakenForValue(result) is { } taken)
            return [taken];
        if ((OptionTakenForArgument(parsed) ?? (parsed.UnmatchedTokens is [var first, ..] ? first : null)) is { } unknown)
            return [Unknown(command, unknown, result)]; // what comes after it is often only its own
        if (parsed.Errors.Count > 0 && result.Parent is not null && command.Subcommands.Count > 0)
            return [$"{command.Name}: expected {Or([.. command.Subcommands.Where(one => !one.Hidden).Select(one => one.Name)])}"];
        var lacking = command.Options.Where(option => option.Required && parsed.GetResult(option) is null or { Implicit: true }).ToList();
        var miscounted = parsed.CommandResult.Children.OfType<OptionResult>().Where(option => !option.Implicit && Miscount(option) is not null).ToList();
        var own = lacking.Select(option => option.Name).Concat(miscounted.Select(option => option.Option.Name)).ToList();
        var others = parsed.Errors.Select(error => error.Message).Where(message => !own.Any(name => message.Contains($"'{name}'", StringComparison.Ordinal)));
        return [.. others.Concat(miscounted.Select(option => Miscount(option)!)).Concat(lacking.Select(option => $"{command.Name}: expected {option.Name} {option.HelpName}")).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What is wrong with how many values an option has; null if nothing is.</summary>
    private static string? Miscount(OptionResult option) => option switch
    {
        _ when option.Tokens.Count < option.Option.Arity.MinimumNumberOfValues => $"{option.Option.Name} needs a value",
        _ when option.Tokens.Count > option.Option.Arity.MaximumNumberOfValues => $"{option.Option.Name}: expected once, got {option.Tokens.Count} values",
        _ => null,
    };

    /// <summary>An option of the command that stands where the value of another is expected, which was left out.</summary>
    private static string? OptionTakenForValue(CommandResult result)
    {
        var known = OptionsOf(result).Where(name => name.StartsWith("--", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        return result.Children.OfType<OptionResult>().Where(option => !option.Implicit && option.Tokens is [{ Value: var value }] && known.Contains(value))
            .Select(option => $"{option.Option.Name} needs a value, got '{option.Tokens[0].Value}'").FirstOrDefault();
    }

    /// <summary>What looks like an option and stands where an argument may.</summary>
    private static string? OptionTakenForArgument(ParseResult parsed) => parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash)
        ? null
        : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value)
            .FirstOrDefault(value => value.Length > 1 && value[0] == '-');

    private static string Or(string[] names) => $"{string.Join(", ", names[..^1])} or {names[^1]}";

    private static string Unknown(Command command, string token, CommandResult result)
    {
        var (help, shown) = ($"{(result.Parent is null ? "fldurable" : command.Name)} --help lists them", Excerpt.Printable(token));
        if (token.StartsWith('-'))
            return $"unknown option '{shown}'{Meant(token, OptionsOf(result))} {help}";
        return command.Subcommands.Count > 0
            ? $"unknown command '{shown}'{Meant(token, command.Subcommands.Where(one => !one.Hidden).Select(one => one.Name))} {help}"
            : $"{command.Name}: '{shown}' is one argument too many: {help.Replace("lists them", "shows what it takes", StringComparison.Ordinal)}";
    }

    private static IEnumerable<string> OptionsOf(SymbolResult result)
    {
        for (var at = result; at is not null; at = at.Parent)
        {
            if (at is CommandResult { Command: var command })
            {
                foreach (var option in command.Options.Where(option => !option.Hidden && (at == result || option.Recursive)))
                    yield return option.Name;
            }
        }
    }

    private static string Meant(string token, IEnumerable<string> names)
    {
        var near = names.Select(name => (Name: name, Slips: Slips(token, name))).Where(one => one.Slips <= Math.Min(MostSlips, one.Name.TrimStart('-').Length / 2))
            .OrderBy(one => one.Slips).Select(one => one.Name).FirstOrDefault();
        return near is null ? ";" : $": did you mean {near}?";
    }

    /// <summary>How many slips make one word of another.</summary>
    private static int Slips(string one, string other)
    {
        var slips = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
            slips[i, 0] = i;
        for (var j = 0; j <= other.Length; j++)
            slips[0, j] = j;
        for (var i = 1; i <= one.Length; i++)
        {
            for (var j = 1; j <= other.Length; j++)
            {
                slips[i, j] = Math.Min(Math.Min(slips[i - 1, j], slips[i, j - 1]) + 1, slips[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    slips[i, j] = Math.Min(slips[i, j], slips[i - 2, j - 2] + 1);
            }
        }

        return slips[one.Length, other.Length];
    }
}
