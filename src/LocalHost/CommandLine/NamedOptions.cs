using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>The options that go with what a field names: <c>--strategy fedadam --strategy-option serverLearningRate=0.03</c>, again for each.</summary>
internal sealed class NamedOptions
{
    /// <summary>What comes after the name of the field's own option.</summary>
    public const string Suffix = "-option";

    private const string Name = "name";

    private readonly ChoiceField field;
    private readonly Option<string[]> option;

    public NamedOptions(ChoiceField field)
    {
        this.field = field;
        var own = SpecOption.NameOf(field.Name);
        option = new Option<string[]>(own + Suffix)
        {
            HelpName = "NAME=VALUE",
            Description = $"An option of what {own} names; again for each. {SpecHelp.OfOptions(field)}",
            Arity = ArgumentArity.OneOrMore,
        };
        option.Validators.Add(SpecOption.RefuseAnOptionAsValue);
        option.Validators.Add(RefuseWhatIsNoAssignment);
    }

    public Option Option => option;

    /// <summary>What was given, each as <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Given(ParseResult parsed) => parsed.GetValue(option) ?? [];

    /// <summary>Writes a name with options: those given, and of what the spec has for the same name the others.</summary>
    /// <param name="json">The spec.</param>
    /// <param name="name">The name that was given; null if none was.</param>
    /// <param name="given">The options that were given.</param>
    /// <param name="otherwise">What the spec has without the command line.</param>
    public void Write(Utf8JsonWriter json, string? name, IReadOnlyList<string> given, JsonElement? otherwise)
    {
        var before = Parts(otherwise);
        var isSame = name is null || name == before.Name;
        name ??= before.Name ?? field.Default!.Name;
        var assignments = given.Select(text => text.Split('=', 2)).ToList();
        json.WriteStartObject();
        json.WriteString(Name, name);
        foreach (var kept in before.Options.Where(kept => isSame && assignments.All(assignment => assignment[0] != kept.Name)))
        {
            json.WritePropertyName(kept.Name);
            json.WriteRawValue(kept.Value.GetRawText(), skipInputValidation: true); // half a surrogate pair, whoever reads it refuses
        }

        foreach (var assignment in assignments)
        {
            json.WritePropertyName(assignment[0]);
            SpecOption.Write(json, field.OptionsOf(name)?.FirstOrDefault(option => option.Name == assignment[0]), assignment[1]);
        }

        json.WriteEndObject();
    }

    private static (string? Name, IReadOnlyList<JsonProperty> Options) Parts(JsonElement? choice) => choice switch
    {
        { ValueKind: JsonValueKind.String } name => (SpecDocument.FindText(name), []),
        { ValueKind: JsonValueKind.Object } whole => (
            whole.TryGetProperty(Name, out var name) ? SpecDocument.FindText(name) : null,
            [.. whole.EnumerateObject().Where(property => property.Name != Name)]),
        _ => (null, []),
    };

    private static void RefuseWhatIsNoAssignment(OptionResult result)
    {
        foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) <= 0))
            result.AddError($"{result.Option.Name}: expected NAME=VALUE, got '{Excerpt.Of(token.Value)}'");
    }
}
