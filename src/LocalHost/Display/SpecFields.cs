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

    /// <summary>Every field with its value, and beside them the engine that was taken and the digest of the data.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(FederationSpec spec, string engine, DatasetReference? dataset)
    {
        var fields = JsonSerializer.SerializeToNode(spec, ContractJson.Options)!.AsObject()
            .Where(field => field.Key is not ("id" or Notify) && field.Value is not null)
            .Select(field => KeyValuePair.Create(field.Key, field.Key == "engine" ? engine : Text(field.Value!)))
            .ToList();
        if (dataset is not null)
            fields.Add(KeyValuePair.Create("dataSha256", dataset.SourceSha256));
        return fields;
    }

    private static string Text(JsonNode value) => value is JsonValue single && single.TryGetValue<string>(out var text) ? text : value.ToJsonString(ContractJson.Options);
}
