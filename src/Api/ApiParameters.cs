using System.Globalization;
using System.Text.Json.Nodes;
using FlDurable.Shared.Storage;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>What the document says of what stands in paths and queries, and <see cref="RequestFields"/> checks.</summary>
internal static class ApiParameters
{
    public static void Describe(OpenApiOperation operation)
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            switch (parameter.Name)
            {
                case "id":
                    parameter.Description = $"The federation: {ArtifactNames.IdRule}.";
                    parameter.Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Pattern = ArtifactNames.IdPattern,
                        MaxLength = ArtifactNames.MaxIdLength,
                    };
                    break;
                case "round":
                    parameter.Description = "The round; 0 is the state before training.";
                    parameter.Schema = Number(0, RequestFields.MaxRound);
                    break;
                case "rounds":
                    parameter.Description = "How many of the newest rounds to show.";
                    parameter.Schema = Number(0, FederationApi.MaxRounds, FederationApi.DefaultRounds);
                    break;
                case "pageSize":
                    parameter.Description = "At most so many.";
                    parameter.Schema = Number(1, FederationApi.MaxPageSize, FederationApi.DefaultPageSize);
                    break;
                case "continuationToken":
                    parameter.Description = "What the page before ended with.";
                    break;
                case "reason":
                    parameter.Description = "Why, for a person.";
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = RequestFields.MaxTextLength };
                    break;
                case "status":
                    parameter.Description = "Only those in one of these states.";
                    parameter.Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Array,
                        Items = new OpenApiSchema
                        {
                            Type = JsonSchemaType.String,
                            Enum = [.. RequestFields.StatusWords.Select(word => JsonValue.Create(word))],
                        },
                    };
                    break;
            }
        }
    }

    private static OpenApiSchema Number(int least, int most, int? otherwise = null) => new()
    {
        Type = JsonSchemaType.Integer,
        Minimum = least.ToString(CultureInfo.InvariantCulture),
        Maximum = most.ToString(CultureInfo.InvariantCulture),
        Default = otherwise is { } value ? JsonValue.Create(value) : null,
    };
}
