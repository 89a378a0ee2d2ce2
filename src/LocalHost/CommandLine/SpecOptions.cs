using System.Buffers;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>Fields of a spec as options of a command.</summary>
/// <param name="fields">The fields, with the defaults that the help names.</param>
internal sealed class SpecOptions(IEnumerable<SpecField> fields)
{
    /// <summary>The field that is a federation's name.</summary>
    public const string IdField = "id";

    private readonly IReadOnlyList<SpecOption> options = [.. fields.Select(field => new SpecOption(field))];

    /// <summary>The options, for a command.</summary>
    public IEnumerable<Option> Symbols => options.SelectMany(option => option.Symbols);

    /// <summary>What a command line gives.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="id">The federation's id where that is given otherwise than by its option; else null.</param>
    public GivenFields Of(ParseResult parsed, string? id = null) => new(parsed, [.. options.Where(option => option.IsGiven(parsed))], id);

    /// <summary>Whether the command line gives a federation's id, and nothing else of a spec.</summary>
    public bool HasOnlyId(ParseResult parsed) =>
        options.All(option => (option.Field.Name == IdField) == option.IsGiven(parsed));

    /// <summary>Whether the command line gives no field as an option but perhaps one.</summary>
    public bool GivesNothingBut(ParseResult parsed, string field) => options.All(option => option.Field.Name == field || !option.IsGiven(parsed));

    /// <summary>Errors of fields that the command line gave as options, by the options' names.</summary>
    public static IEnumerable<SpecError> NamedAsGiven(ParseResult parsed, IEnumerable<SpecError> errors)
    {
        var given = parsed.CommandResult.Children.OfType<OptionResult>().Select(option => option.Option.Name).ToHashSet(StringComparer.Ordinal);
        return errors.Select(error => SpecOption.NameOf(error.Field) is var option && given.Contains(option.Split(' ')[0]) ? error with { Field = option } : error);
    }
}

/// <summary>The fields of a spec that a command line gives.</summary>
/// <param name="Parsed">The command line.</param>
/// <param name="Options">The fields that it gives as options.</param>
/// <param name="Id">The federation's id where that is given otherwise; else null.</param>
internal sealed record GivenFields(ParseResult Parsed, IReadOnlyList<SpecOption> Options, string? Id)
{
    /// <summary>The field that says what a federation starts from.</summary>
    public const string InitialField = "initial";

    /// <summary>What the federation starts from where that is given otherwise than by its option; else null.</summary>
    public string? Initial { get; init; }

    /// <summary>Whether it gives a field.</summary>
    public bool Has(string field) => (Id is not null && field == SpecOptions.IdField) || (Initial is not null && field == InitialField) || Options.Any(option => option.Field.Name == field);

    /// <summary>Lays them over what is given for a spec otherwise.</summary>
    /// <exception cref="InvalidSpecException">A file that an option names can't be read.</exception>
    public IReadOnlyList<FieldValue> Over(IReadOnlyList<FieldValue> otherwise)
    {
        var written = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(written))
        {
            json.WriteStartObject();
            if (Id is not null)
                json.WriteString(SpecOptions.IdField, Id);
            if (Initial is not null)
                json.WriteString(InitialField, Initial);
            foreach (var option in Options.Where(option => Id is null || option.Field.Name != SpecOptions.IdField))
                option.Write(json, Parsed, FieldValue.Find(otherwise, option.Field.Name));
            json.WriteEndObject();
        }

        return [.. otherwise.Where(field => !Has(field.Field)), .. FieldValue.AllIn(JsonElement.Parse(written.WrittenSpan))];
    }
}
