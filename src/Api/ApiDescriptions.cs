using System.Globalization;
using System.Net.Mime;
using FlDurable.Shared.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>Says of an endpoint what the OpenAPI document tells.</summary>
internal static class ApiDescriptions
{
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string name, string summary, string description) =>
        endpoint.WithName(name).WithSummary(summary).WithDescription(description);

    /// <summary>The body is a spec. (Not said to routing, which would refuse other media without a word.)</summary>
    public static RouteHandlerBuilder TakesSpec(this RouteHandlerBuilder endpoint) => endpoint.Takes(spec => spec);

    /// <summary>The body is a round and fields of a spec.</summary>
    public static RouteHandlerBuilder TakesBranch(this RouteHandlerBuilder endpoint) => endpoint.Takes(spec => new OpenApiSchema
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string>(StringComparer.Ordinal) { "round" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["round"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Minimum = "0",
                Description = "The round whose parameters the branch starts from.",
            },
        },
        Description = "The round, and fields of a FederationSpec in which the branch differs.",
    });

    /// <summary>Answers with JSON.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, int status, string description) =>
        endpoint.Answers(status, typeof(T), MediaTypeNames.Application.Json, description);

    /// <summary>Answers with a status alone.</summary>
    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder endpoint, int status, string description) =>
        endpoint.Answers(status, typeof(void), contentType: null, description);

    /// <summary>Answers with a safetensors file, or a part of it.</summary>
    public static RouteHandlerBuilder AnswersFile(this RouteHandlerBuilder endpoint) => endpoint
        .Answers(200, typeof(Stream), MediaTypeNames.Application.Octet, "The file.")
        .Answers(206, typeof(Stream), MediaTypeNames.Application.Octet, "The part that Range names.")
        .Answers(304, "It is what If-None-Match names.")
        .Fails(412, 416);

    /// <summary>Refuses with problem details.</summary>
    public static RouteHandlerBuilder Fails(this RouteHandlerBuilder endpoint, params IEnumerable<int> statuses)
    {
        foreach (var status in statuses)
            endpoint.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ApiProblem), [ApiProblem.ContentType]));
        return endpoint;
    }

    private static RouteHandlerBuilder Answers(
        this RouteHandlerBuilder endpoint, int status, Type type, string? contentType, string description) => endpoint
        .WithMetadata(new ProducesResponseTypeMetadata(status, type, contentType is null ? [] : [contentType]))
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Responses![status.ToString(CultureInfo.InvariantCulture)].Description = description;
            return Task.CompletedTask;
        });

    private static RouteHandlerBuilder Takes(this RouteHandlerBuilder endpoint, Func<IOpenApiSchema, IOpenApiSchema> body) =>
        endpoint.AddOpenApiOperationTransformer(async (operation, context, cancel) =>
        {
            var spec = await context.GetOrCreateSchemaAsync(typeof(FederationSpec), parameterDescription: null, cancel);
            context.Document!.AddComponent(nameof(FederationSpec), spec);
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [MediaTypeNames.Application.Json] = new() { Schema = body(new OpenApiSchemaReference(nameof(FederationSpec), context.Document)) },
                },
            };
        });
}
