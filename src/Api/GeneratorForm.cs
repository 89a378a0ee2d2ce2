using FlDurable.Shared.Specs;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>
/// The document as generators of clients can use it. What may be absent is not written as null, which would double its type in most languages
/// (<c>oneOf</c> of null and a type, with the description in there): it is not among the required fields, and null is taken for absent. What is
/// answered as a name or an object, or as a number or a schedule, whichever, has no type: some generators take the first of several, and their clients then fail on the other.
/// </summary>
internal static class GeneratorForm
{
    /// <summary>Rewrites the schemas of all components.</summary>
    public static void Apply(OpenApiDocument api)
    {
        foreach (var schema in api.Components?.Schemas?.Values.OfType<OpenApiSchema>() ?? [])
            Apply(schema);
        foreach (var body in (string[])[nameof(FederationSpec), ApiDescriptions.StartComponent, ApiDescriptions.BranchComponent])
        {
            if (api.Components?.Schemas?.TryGetValue(body, out var component) is true && component is OpenApiSchema { Properties: { } fields })
                NameWords(fields, prefix: "", api);
        }

        if (api.Components?.Schemas?[nameof(FederationSpec)] is OpenApiSchema { Properties: { } answered })
        {
            foreach (var (name, field) in answered.Where(field => field.Value.OneOf is { Count: > 1 }).ToList())
                answered[name] = new OpenApiSchema { Description = $"{field.Description} In one of the forms that a request can have it in.", Default = field.Default };
        }
    }

    private static void Apply(OpenApiSchema schema)
    {
        foreach (var name in schema.Properties?.Keys.ToList() ?? [])
        {
            schema.Properties![name] = WithoutNull(schema.Properties[name]);
            if (schema.Properties[name] is OpenApiSchema property)
                Apply(property);
        }
    }

    private static void NameWords(IDictionary<string, IOpenApiSchema> properties, string prefix, OpenApiDocument api)
    {
        foreach (var (name, property) in properties.ToList())
            properties[name] = Named(property, prefix + char.ToUpperInvariant(name[0]) + name[1..], api);
    }

    /// <summary>A schema whose words to choose from are a component, the same in every body: else a generator makes a type of each.</summary>
    private static IOpenApiSchema Named(IOpenApiSchema schema, string name, OpenApiDocument api)
    {
        if (schema is not OpenApiSchema own)
            return schema;
        if (own.Enum is { Count: > 1 })
        {
            api.AddComponent(name, own);
            return new OpenApiSchemaReference(name, api);
        }

        if (own.Properties is { } properties)
            NameWords(properties, name, api);
        if (own.Items is { } items)
            own.Items = Named(items, name, api);
        for (var at = 0; at < (own.OneOf?.Count ?? 0); at++)
            own.OneOf![at] = Named(own.OneOf[at], own.OneOf[at] is OpenApiSchema { Enum: not null } ? $"{name}Name" : name, api);
        return own;
    }

    private static IOpenApiSchema WithoutNull(IOpenApiSchema schema)
    {
        if (schema is not OpenApiSchema own)
            return schema;
        if (own.OneOf is { Count: 2 } both && both.Any(IsNull) && both.FirstOrDefault(one => !IsNull(one)) is { } other)
            return other;
        if (own.Type is { } type)
            own.Type = type & ~JsonSchemaType.Null;
        return own;
    }

    private static bool IsNull(IOpenApiSchema schema) => schema is OpenApiSchema { Type: JsonSchemaType.Null };
}
