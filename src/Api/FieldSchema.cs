using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>A field of a spec as JSON schema.</summary>
internal static class FieldSchema
{
    private const string Name = "name";

    /// <summary>A field's schema.</summary>
    public static OpenApiSchema Of(SpecField field)
    {
        var schema = new OpenApiSchema { Type = TypeOf(field) };
        Describe(field, schema);
        return schema;
    }

    /// <summary>Says of a schema, which has the field's type, what else is known of the field.</summary>
    public static void Describe(SpecField field, OpenApiSchema schema)
    {
        var values = field is TextField { Form.Words: { } words } ? $" Values: {words}." : "";
        schema.Description = field.DefaultMeaning is { } otherwise ? $"{field.Meaning}{values} Default: {otherwise}." : field.Meaning + values;
        if (field.DefaultValue is { } value)
            schema.Default = JsonSerializer.SerializeToNode(value, ContractJson.Options);
        switch (field)
        {
            case NumberField number:
                Constrain(schema, number.Range);
                break;
            case WholeNumberField { Word: { } word } number:
                schema.Type = null;
                schema.OneOf = [Of(number with { Word = null, Default = null }), new OpenApiSchema { Type = JsonSchemaType.String, Enum = Words([word]) }];
                break;
            case WholeNumberField number:
                Constrain(schema, new NumberRange(number.Least, number.Most));
                break;
            case NumbersField numbers:
                schema.MaxItems = NumbersField.MaxLength;
                schema.Items = new OpenApiSchema { Type = numbers.IsWhole ? JsonSchemaType.Integer : JsonSchemaType.Number };
                Constrain((OpenApiSchema)schema.Items, numbers.Range);
                break;
            case TextField text:
                Constrain(schema, text);
                break;
            case WordField word:
                schema.Enum = Words(word.Words);
                break;
            case ChoiceField choice:
                Constrain(schema, choice);
                break;
            case ScheduleField schedule:
                Constrain(schema, schedule);
                break;
            case StopRuleField rule:
                Become(schema, Of(rule.Members, StopRuleField.Required));
                break;
            case AugmentationField augmentation:
                Become(schema, Of(augmentation.Members, AugmentationField.Required));
                break;
            case NormalizationField normalization:
                Become(schema, Of(normalization.Members, [.. NormalizationField.Required]));
                break;
            case PrivacyField privacy:
                Become(schema, Of(privacy.Members, PrivacyField.Required));
                break;
            case PlacementField placement:
                Become(schema, Of(placement.Members, PlacementField.Required));
                break;
            case NetworkField network:
                Constrain(schema, network);
                break;
        }
    }

    private static void Constrain(OpenApiSchema schema, NumberRange range)
    {
        var least = range.Least.ToString(CultureInfo.InvariantCulture);
        var most = double.IsFinite(range.Most) ? range.Most.ToString(CultureInfo.InvariantCulture) : null;
        if (range.IsAboveLeast)
            schema.ExclusiveMinimum = least;
        else
            schema.Minimum = least;
        if (range.IsBelowMost)
            schema.ExclusiveMaximum = most;
        else
            schema.Maximum = most;
    }

    private static void Constrain(OpenApiSchema schema, TextField text)
    {
        schema.Pattern = text.Form?.Pattern;
        schema.MaxLength = text.Form is null ? TextField.MaxLength : text.Form.MostCharacters;
        schema.MinLength = schema.MaxLength is null ? null : 1;
    }

    /// <summary>A name alone, or an object with the options of that name.</summary>
    private static void Constrain(OpenApiSchema schema, ChoiceField choice)
    {
        var names = Words(choice.Alternatives.Select(alternative => alternative.Name));
        var withOptions = choice.Alternatives.Where(alternative => alternative.Options.Count > 0).ToList();
        if (withOptions.Count == 0)
            (schema.Type, schema.Enum) = (JsonSchemaType.String, names);
        else
            schema.OneOf = [new OpenApiSchema { Type = JsonSchemaType.String, Enum = names }, .. withOptions.Select(Of)];
    }

    /// <summary>A name, or an object with layers.</summary>
    private static void Constrain(OpenApiSchema schema, NetworkField network)
    {
        var kinds = new OpenApiSchema { Type = JsonSchemaType.String, Enum = Words(NetworkField.Layers.Select(kind => kind.Name)) };
        var layer = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "A layer with its options: docs/networks.md.",
            Required = new HashSet<string>(StringComparer.Ordinal) { NetworkField.LayerType },
            Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal) { [NetworkField.LayerType] = kinds },
        };
        var own = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string>(StringComparer.Ordinal) { NetworkField.LayersName },
            Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
            {
                [NetworkField.LayersName] = new OpenApiSchema { Type = JsonSchemaType.Array, MinItems = 1, Items = layer },
            },
            AdditionalPropertiesAllowed = false,
        };
        schema.OneOf = [new OpenApiSchema { Type = JsonSchemaType.String, Enum = Words(network.Words) }, own];
    }

    /// <summary>A number, one for each round, or a rule.</summary>
    private static void Constrain(OpenApiSchema schema, ScheduleField schedule)
    {
        var numbers = new OpenApiSchema { Type = JsonSchemaType.Array, MinItems = 1, MaxItems = ScheduleField.MaxLength, Items = Of(schedule.Of) };
        schema.OneOf = [Of(schedule.Of), numbers, Of(schedule.Members, ScheduleField.Required)];
    }

    private static void Become(OpenApiSchema schema, OpenApiSchema other) =>
        (schema.Type, schema.Required, schema.Properties, schema.AdditionalPropertiesAllowed, schema.OneOf, schema.AnyOf) =
        (other.Type, other.Required, other.Properties, other.AdditionalPropertiesAllowed, null, null);

    private static OpenApiSchema Of(IReadOnlyList<SpecField> members, params string[] required) => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string>(required, StringComparer.Ordinal),
        Properties = members.ToDictionary(member => member.Name, IOpenApiSchema (member) => Of(member), StringComparer.Ordinal),
        AdditionalPropertiesAllowed = false,
    };

    private static OpenApiSchema Of(SpecAlternative alternative)
    {
        var properties = alternative.Options.ToDictionary(option => option.Name, IOpenApiSchema (option) => Of(option), StringComparer.Ordinal);
        properties[Name] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = Words([alternative.Name]) };
        return new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string>(StringComparer.Ordinal) { Name },
            Properties = properties,
            AdditionalPropertiesAllowed = false,
        };
    }

    private static JsonSchemaType? TypeOf(SpecField field) => field switch
    {
        FlagField => JsonSchemaType.Boolean,
        WholeNumberField => JsonSchemaType.Integer,
        NumberField => JsonSchemaType.Number,
        NumbersField => JsonSchemaType.Array,
        ChoiceField or ScheduleField or NetworkField => null,
        _ => JsonSchemaType.String,
    };

    private static List<JsonNode> Words(IEnumerable<string> words) => [.. words.Select(word => JsonValue.Create(word))];
}
