using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>The fields of a host's specs as a JSON schema of its own, for editors and whoever checks specs without a host.</summary>
public static class SpecJsonSchema
{
    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    /// <summary>Writes it.</summary>
    /// <param name="table">The fields.</param>
    /// <returns>Indented UTF-8 JSON.</returns>
    public static byte[] Of(SpecTable table)
    {
        var fields = table.Fields.ToDictionary(field => field.Name, IOpenApiSchema (field) => FieldSchema.Of(field), StringComparer.Ordinal);
        fields[SpecDocument.Schema] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "This schema, for editors." };
        var schema = new OpenApiSchema
        {
            Schema = new Uri(Dialect),
            Title = "FederationSpec",
            Description = "What a federation is asked to be: docs/federation.md.",
            Type = JsonSchemaType.Object,
            Properties = fields,
            AdditionalPropertiesAllowed = false,
        };
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        schema.SerializeAsV31(new OpenApiJsonWriter(text));
        return Encoding.UTF8.GetBytes(JsonNode.Parse(text.ToString())!.ToJsonString(new JsonSerializerOptions(ContractJson.Options) { WriteIndented = true, NewLine = "\n" }) + "\n");
    }
}
