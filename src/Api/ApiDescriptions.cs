using System.Globalization;
using System.Net.Mime;
using System.Text.Json.Nodes;
using FlDurable.Shared.Specs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>Says of an endpoint what the OpenAPI document tells.</summary>
internal static class ApiDescriptions
{
    /// <summary>The component that a start's body is.</summary>
    public const string StartComponent = "StartRequest";

    /// <summary>The component that a branch's body is.</summary>
    public const string BranchComponent = "BranchRequest";

    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string name, string summary, string description) =>
        endpoint.WithName(name).WithSummary(summary).WithDescription(description);

    /// <summary>The body is a spec. (Not said to routing, which would refuse other media without a word.)</summary>
    public static RouteHandlerBuilder TakesSpec(this RouteHandlerBuilder endpoint) => endpoint.Takes(
        StartComponent, "What a federation is asked to do. What is not given, or null, has its default.", ApiExamples.Start, []);

    /// <summary>The body is a round and fields of a spec.</summary>
    public static RouteHandlerBuilder TakesBranch(this RouteHandlerBuilder endpoint) => endpoint.Takes(
        BranchComponent,
        "The round, and fields of the spec in which the branch differs. What is not given, or null, is as the federation has it that is branched from.",
        ApiExamples.Branch,
        [
            KeyValuePair.Create("round", new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Minimum = "0",
                Maximum = RequestFields.MaxRound.ToString(CultureInfo.InvariantCulture),
                Description = "The round whose parameters the branch starts from.",
            }),
        ]);

    /// <summary>The answer may be waited for.</summary>
    public static RouteHandlerBuilder TakesPatience(this RouteHandlerBuilder endpoint) => endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter { Name = RequestPatience.Name, In = ParameterLocation.Query });
        operation.Parameters.Add(new OpenApiParameter { Name = "Prefer", In = ParameterLocation.Header });
        ApiParameters.Describe(operation);
        return Task.CompletedTask;
    });

    /// <summary>Many sends of it can be one.</summary>
    public static RouteHandlerBuilder TakesKey(this RouteHandlerBuilder endpoint) => endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter { Name = IdempotencyKey.Header, In = ParameterLocation.Header });
        ApiParameters.Describe(operation);
        return Task.CompletedTask;
    });

    /// <summary>What the query can have.</summary>
    public static RouteHandlerBuilder TakesQuery(this RouteHandlerBuilder endpoint, IEnumerable<string> names) =>
        endpoint.AddOpenApiOperationTransformer((operation, context, _) =>
        {
            operation.Parameters ??= [];
            foreach (var name in names)
                operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query });
            ApiParameters.Describe(operation, context.Document);
            return Task.CompletedTask;
        });

    /// <summary>A part of the file can be asked for, or the file only if it is, or isn't, another.</summary>
    public static RouteHandlerBuilder TakesConditions(this RouteHandlerBuilder endpoint) => endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        operation.Parameters ??= [];
        foreach (var header in ApiHeaders.Conditions)
            operation.Parameters.Add(new OpenApiParameter { Name = header, In = ParameterLocation.Header });
        ApiParameters.Describe(operation);
        return Task.CompletedTask;
    });

    /// <summary>
    /// Answers with JSON that is read, and with nothing who has it already. The header that says so is no parameter in the document: generated clients, which send none, would have one more in each method.
    /// </summary>
    public static RouteHandlerBuilder AnswersRead<T>(this RouteHandlerBuilder endpoint, string description) => endpoint
        .Answers<T>(200, description)
        .Answers(304, "It is what If-None-Match names.");

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
            var answer = operation.Responses![status.ToString(CultureInfo.InvariantCulture)];
            answer.Description = description;
            if (contentType == MediaTypeNames.Application.Json)
                answer.Content![contentType].Example = ApiExamples.Answer(type);
            return Task.CompletedTask;
        });

    /// <summary>The fields of a spec that are taken over HTTP, after others that must be there.</summary>
    private static RouteHandlerBuilder Takes(
        this RouteHandlerBuilder endpoint, string component, string description, JsonNode example, IReadOnlyList<KeyValuePair<string, OpenApiSchema>> required) =>
        endpoint.AddOpenApiOperationTransformer(async (operation, context, cancel) =>
        {
            var spec = await context.GetOrCreateSchemaAsync(typeof(FederationSpec), parameterDescription: null, cancel);
            context.Document!.AddComponent(nameof(FederationSpec), spec);
            var fields = required.Select(field => KeyValuePair.Create(field.Key, (IOpenApiSchema)field.Value))
                .Concat(spec.Properties!.Where(field => field.Key != "initial"));
            context.Document.AddComponent(component, new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Required = required.Select(field => field.Key).ToHashSet(StringComparer.Ordinal),
                Properties = fields.ToDictionary(StringComparer.Ordinal),
                AdditionalPropertiesAllowed = false,
                Description = description,
            });
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [MediaTypeNames.Application.Json] = new() { Schema = new OpenApiSchemaReference(component, context.Document), Example = example },
                },
            };
        });
}
