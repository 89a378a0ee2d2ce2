using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>
/// The document as generators of clients can use it. What may be absent is not written as null, which would double its type in most languages
/// (<c>oneOf</c> of null and a type, with the description in there): it is not among the required fields, and null is taken for absent.
/// </summary>
internal static class GeneratorForm
{
    /// <summary>Rewrites the schemas of all components.</summary>
    public static void Apply(OpenApiDocument api)
    {
        foreach (var schema in api.Components?.Schemas?.Values.OfType<OpenApiSchema>() ?? [])
            Apply(schema);
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
