using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>A field of a spec as an option: <c>batchSize</c> is <c>--batch-size</c>. A field that names something has another for what goes with the name.</summary>
internal sealed class SpecOption
{
    private readonly Option<string?> value;
    private readonly NamedOptions? named;

    public SpecOption(SpecField field)
    {
        Field = field;
        value = new Option<string?>(NameOf(field.Name)) { HelpName = field.Placeholder, Description = SpecHelp.Of(field) };
        if (field is TextField { IsList: true })
            value.AsList().Description += $" {ListOption.Form}";
        value.Validators.Add(RefuseAnOptionAsValue);
        value.CompletionSources.Add([.. WordsOf(field)]);
        if (field is ChoiceField choice && choice.Alternatives.Any(alternative => alternative.Options.Count > 0))
            named = new NamedOptions(choice);
    }

    public SpecField Field { get; }

    /// <summary>What a command takes for it.</summary>
    public IEnumerable<Option> Symbols => named is null ? [value] : [value, named.Option];

    /// <summary>The option of a field.</summary>
    /// <param name="field">The field's JSON name, or an option's after its field's.</param>
    public static string NameOf(string field)
    {
        var parts = field.Split('.', 2);
        var name = $"--{JsonNamingPolicy.KebabCaseLower.ConvertName(parts[0])}";
        return parts is [_, var option] ? $"{name}{NamedOptions.Suffix} {option}" : name;
    }

    /// <summary>Whether the command line says anything of the field.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(value) is not null || named?.Given(parsed).Count > 0;

    /// <summary>
    /// Writes the field as it was given. What is neither a number nor a truth value is a string: whoever reads the spec then says what
    /// was expected, in the same words as for a file.
    /// </summary>
    /// <param name="json">The spec.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="otherwise">What the spec has without the command line.</param>
    public void Write(Utf8JsonWriter json, ParseResult parsed, JsonElement? otherwise)
    {
        json.WritePropertyName(Field.Name);
        var name = parsed.GetValue(value);
        if (named?.Given(parsed) is { Count: > 0 } options)
            named.Write(json, name, options, otherwise);
        else
            Write(json, Field, name!);
    }

    /// <summary>Writes a field's value.</summary>
    /// <param name="json">The spec.</param>
    /// <param name="field">The field; null if it is not known.</param>
    /// <param name="text">What was typed.</param>
    public static void Write(Utf8JsonWriter json, SpecField? field, string text)
    {
        if (field?.Members is { Count: > 0 } members && text.Contains('=', StringComparison.Ordinal))
        {
            WriteMembers(json, members, text);
            return;
        }

        // In brackets: without, it is somebody's decimal comma.
        var isList = field is ScheduleField && text is ['[', .., ']'];
        if (isList || field is NumbersField)
        {
            json.WriteStartArray();
            foreach (var number in (isList ? text[1..^1] : text).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                Write(json, null, number);
            json.WriteEndArray();
            return;
        }

        var isText = field is TextField or WordField or ChoiceField or NetworkField;
        if (field is NetworkField && NetworkFile.IsName(text))
            NetworkFile.Write(json, text);
        else if (!isText && text is ("true" or "false"))
            json.WriteRawValue(text);
        else if (!isText && NumberText.ToJson(text) is { } number)
            json.WriteRawValue(number);
        else
            json.WriteStringValue(text);
    }

    /// <summary>The words that a shell completes.</summary>
    private static IEnumerable<string> WordsOf(SpecField field) => field switch
    {
        WordField words => words.Words,
        ChoiceField choice => choice.Alternatives.Select(alternative => alternative.Name),
        NetworkField network => network.Words,
        FlagField => ["true", "false"],
        _ => [],
    };

    /// <summary>An object, <c>initial=0.1,step=10</c>.</summary>
    private static void WriteMembers(Utf8JsonWriter json, IReadOnlyList<SpecField> members, string text)
    {
        json.WriteStartObject();
        foreach (var assignment in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(part => part.Split('=', 2)))
        {
            json.WritePropertyName(assignment[0]);
            var member = members.FirstOrDefault(member => member.Name == assignment[0]);
            var value = assignment is [_, var given] ? given : "";
            Write(json, member, member is NumbersField ? value.Replace('/', ',') : value); // commas stand between members
        }

        json.WriteEndObject();
    }

    /// <summary>The parser takes whatever comes next, so that a forgotten value would swallow an option.</summary>
    public static void RefuseAnOptionAsValue(OptionResult result)
    {
        if (result.Tokens.FirstOrDefault(token => token.Value.StartsWith("--", StringComparison.Ordinal)) is { Value: var taken })
            result.AddError($"{result.Option.Name} needs a value, got '{Excerpt.Printable(taken)}'");
    }
}
