using System.Text.Json;
using System.Text.Json.Nodes;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Display;

/// <summary>What a federation was asked to do, field by field, as a person reads it.</summary>
internal static class SpecFields
{
    // An address to be told at can hold what lets others in, and these are sent around.
    private const string Notify = "notify";
    private const string Name = "name";

    /// <summary>Every field with its value, and beside them the engine that was taken and the digest of the data.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(FederationSpec spec, string engine, DatasetReference? dataset) => Of(spec, engine, dataset, Text);

    /// <summary>The same with options in words: <c>dirichlet: alpha 0.1</c>.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Told(FederationSpec spec, string engine, DatasetReference? dataset) => Of(spec, engine, dataset, Told);

    private static List<KeyValuePair<string, string>> Of(FederationSpec spec, string engine, DatasetReference? dataset, Func<JsonNode, string> tell)
    {
        var fields = JsonSerializer.SerializeToNode(spec, ContractJson.Options)!.AsObject()
            .Where(field => field.Key is not ("id" or Notify) && field.Value is not null)
            .Select(field => KeyValuePair.Create(field.Key, field.Key == "engine" ? engine : tell(field.Value!)))
            .ToList();
        if (dataset is not null)
            fields.Add(KeyValuePair.Create("dataSha256", dataset.SourceSha256));
        return fields;
    }

    private static string Told(JsonNode value) => value switch
    {
        JsonObject options => ToldOptions(options),
        JsonArray several => string.Join(several.Any(one => one is JsonObject) ? "; " : ", ", several.Select(one => one is null ? "none" : Told(one))),
        _ => Text(value),
    };

    private static string ToldOptions(JsonObject options)
    {
        var name = options[Name] is JsonValue named ? Text(named) : "";
        var rest = string.Join(", ", options.Where(option => option.Key != Name).Select(option => $"{option.Key} {ToldInside(option.Value)}"));
        return name.Length > 0 && rest.Length > 0 ? $"{name}: {rest}" : name + rest;
    }

    private static string ToldInside(JsonNode? value) => value switch
    {
        null => "none",
        JsonObject or JsonArray => $"({Told(value)})",
        _ => Text(value),
    };

    private static string Text(JsonNode value) => value is JsonValue single && single.TryGetValue<string>(out var text) ? text : value.ToJsonString(ContractJson.Options);
}
