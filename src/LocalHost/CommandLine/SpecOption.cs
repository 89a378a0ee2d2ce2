using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>A field of a spec as an option: <c>batchSize</c> is <c>--batch-size</c>.</summary>
internal sealed class SpecOption
{
    private readonly bool isText;

    /// <param name="field">The field's JSON name.</param>
    /// <param name="placeholder">What stands for its value in the help.</param>
    /// <param name="description">What it is, with its default.</param>
    /// <param name="isText">Whether the field is a string, so that <c>7</c> is one too.</param>
    public SpecOption(string field, string placeholder, string description, bool isText)
    {
        Field = field;
        this.isText = isText;
        Option = new Option<string?>(NameOf(field))
        {
            HelpName = placeholder,
            Description = description,
        };
        Option.Validators.Add(RefuseAnOptionAsValue);
    }

    public string Field { get; }

    public Option<string?> Option { get; }

    /// <summary>The option of a field.</summary>
    /// <param name="field">The field's JSON name.</param>
    public static string NameOf(string field) => $"--{JsonNamingPolicy.KebabCaseLower.ConvertName(field)}";

    /// <summary>
    /// Writes the field as it was given. What is neither a number nor a truth value is a string: whoever reads the spec then says what
    /// was expected, in the same words as for a file.
    /// </summary>
    public void Write(Utf8JsonWriter json, string value)
    {
        json.WritePropertyName(Field);
        if (!isText && value is ("true" or "false"))
            json.WriteRawValue(value);
        else if (!isText && NumberText.ToJson(value) is { } number)
            json.WriteRawValue(number);
        else
            json.WriteStringValue(value);
    }

    // The parser takes whatever comes next, so that a forgotten value would swallow an option.
    private static void RefuseAnOptionAsValue(OptionResult result)
    {
        if (result.Tokens is [{ Value: var value }] && value.StartsWith("--", StringComparison.Ordinal))
            result.AddError($"{result.Option.Name} needs a value, got '{value}'");
    }
}
