using System.CommandLine;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>Options whose value is a list: with commas, or with the option again for each.</summary>
internal static class ListOption
{
    /// <summary>What a help says of it.</summary>
    public const string Form = "Several with commas, or with the option again for each.";

    /// <summary>Makes an option one.</summary>
    public static Option<string?> AsList(this Option<string?> option)
    {
        option.Arity = ArgumentArity.OneOrMore;
        option.CustomParser = result => string.Join(',', result.Tokens.Select(token => token.Value));
        return option;
    }
}
