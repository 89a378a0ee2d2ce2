using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>What a command's help says of the fields of a spec.</summary>
internal static partial class SpecHelp
{
    private static readonly HashSet<string> Fields =
        [.. ContractJson.Options.GetTypeInfo(typeof(FederationSpec)).Properties.Select(property => property.Name)];

    /// <summary>A field: its meaning, its values, its default.</summary>
    public static string Of(SpecField field)
    {
        var values = field.Values is { } some ? $" Values: {some}." : "";
        return OptionsFor($"{field.Meaning}{values}{Default(field)}");
    }

    /// <summary>The options of everything that a field can name.</summary>
    public static string OfOptions(ChoiceField field)
    {
        var all =
            from alternative in field.Alternatives
            where alternative.Options.Count > 0
            let options = alternative.Options.Select(option => $"{option.Name}: {Of(option)}")
            select $"Of {alternative.Name}: {string.Join(' ', options)}";
        return string.Join(' ', all);
    }

    private static string Default(SpecField field) => (field.DefaultMeaning, field.DefaultValue) switch
    {
        ({ } words, _) => $" Default: {words}.",
        (_, bool flag) => $" Default: {(flag ? "true" : "false")}.",
        (_, IEnumerable list and not string) => list.Cast<object>().Any()
            ? $" Default: {string.Join(',', list.Cast<object>().Select(one => Convert.ToString(one, CultureInfo.InvariantCulture)))}."
            : "",
        (_, { } value) => FormattableString.Invariant($" Default: {value}."),
        _ => "",
    };

    /// <summary>Fields are options here; what else is code, such as a value, stays as it is.</summary>
    private static string OptionsFor(string markdown) => Code().Replace(markdown, match => match.Groups[1].Value switch
    {
        var field when Fields.Contains(field.Split('.')[0]) => SpecOption.NameOf(field),
        var other => other,
    });

    [GeneratedRegex("`([^`]*)`")]
    private static partial Regex Code();
}
