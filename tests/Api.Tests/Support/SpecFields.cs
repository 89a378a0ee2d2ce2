using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.Api.Tests.Support;

/// <summary>Every field of a spec, as its contract and the served schema know it.</summary>
public static class SpecFields
{
    /// <summary>The names of all fields.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. ContractJson.Options.GetTypeInfo(typeof(FederationSpec)).Properties.Select(field => field.Name)];

    /// <summary>A spec that is started and over in a moment; each field can be replaced or left out.</summary>
    public static JsonObject Valid()
    {
        var spec = JsonSerializer.SerializeToNode(
            new FederationSpec { Data = "synthetic:train=20,test=10", Clients = 2, Rounds = 1, CentralEvaluation = false }, ContractJson.Options);
        return spec!.AsObject();
    }

    /// <summary>A field's type.</summary>
    public static Type TypeOf(string name) => Property(name).PropertyType;

    /// <summary>Whether a field is a number.</summary>
    public static bool IsNumber(string name) =>
        (Nullable.GetUnderlyingType(TypeOf(name)) ?? TypeOf(name)) is var type && (type == typeof(int) || type == typeof(long) || type == typeof(double) || IsSchedule(name));

    /// <summary>Whether a number can be another in each round.</summary>
    public static bool IsSchedule(string name) => TypeOf(name) == typeof(Schedule);

    /// <summary>Whether a field is a text, or named by one.</summary>
    public static bool IsText(string name) => TypeOf(name) == typeof(string) || TypeOf(name) == typeof(SpecChoice) || TypeOf(name) == typeof(NetworkChoice);

    /// <summary>A number just outside of what the schema has for a field, as JSON; null where it has no such bound.</summary>
    public static string? Outside(JsonNode schema, string name, bool below)
    {
        var field = schema[name]!["oneOf"]?[0] ?? schema[name]!;
        var step = below ? -1 : 1;
        if (field[below ? "exclusiveMinimum" : "exclusiveMaximum"] is { } excluded)
            return excluded.ToJsonString();
        return field[below ? "minimum" : "maximum"] is { } bound
            ? (decimal.Parse(bound.ToJsonString(), CultureInfo.InvariantCulture) + step).ToString(CultureInfo.InvariantCulture)
            : null;
    }

    private static System.Text.Json.Serialization.Metadata.JsonPropertyInfo Property(string name) =>
        ContractJson.Options.GetTypeInfo(typeof(FederationSpec)).Properties.Single(field => field.Name == name);
}
