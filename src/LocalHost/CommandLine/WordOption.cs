using System.CommandLine;
using System.CommandLine.Parsing;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>Options whose value is one of a few words.</summary>
internal static class WordOption
{
    /// <summary>An option whose words are the names of an enumeration, in lower case, in its order; in a command line any case will do.</summary>
    public static Option<TWord?> Create<TWord>(string name, string description)
        where TWord : struct, Enum
    {
        string[] words = [.. Enum.GetValues<TWord>().Select(word => word.ToString().ToLowerInvariant())];
        var option = new Option<TWord?>(name)
        {
            HelpName = string.Join('|', words),
            Description = description,
            CustomParser = argument => Parse<TWord>(argument, name, words),
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add(words);
        return option;
    }

    private static TWord? Parse<TWord>(ArgumentResult argument, string name, string[] words)
        where TWord : struct, Enum
    {
        var text = argument.Tokens[0].Value;
        if (words.Contains(text, StringComparer.OrdinalIgnoreCase))
            return Enum.Parse<TWord>(text, ignoreCase: true);
        argument.AddError($"{name}: expected {string.Join(", ", words)}, got '{Excerpt.Printable(text)}'");
        return null;
    }
}
