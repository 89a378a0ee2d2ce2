using FlDurable.Shared.Specs;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>The fields of the host's <see cref="SpecTable"/> as JSON schema.</summary>
internal sealed class SpecSchema(SpecTable table) : IOpenApiSchemaTransformer
{
    /// <inheritdoc/>
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type != typeof(FederationSpec) || context.JsonPropertyInfo is not null)
            return Task.CompletedTask;
        foreach (var (name, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal))
        {
            if (property is not OpenApiSchema field)
                continue;
            FieldSchema.Describe(table.Find(name)!, field);
        }

        return Task.CompletedTask;
    }
}
