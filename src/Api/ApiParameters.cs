using System.Globalization;
using System.Text.Json.Nodes;
using FlDurable.Shared.Storage;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>What the document says of what stands in paths and queries, and <see cref="RequestFields"/> checks.</summary>
internal static class ApiParameters
{
    private const string OrderComponent = "Order";

    public static void Describe(OpenApiOperation operation, OpenApiDocument? document = null)
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            switch (parameter.Name)
            {
                case "id":
                    parameter.Example = ApiExamples.Id;
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
                    parameter.Example = 1;
                    break;
                case "part":
                    parameter.Description = "The part; 0 is the first.";
                    parameter.Schema = Number(0, RequestFields.MaxPart);
                    parameter.Example = 0;
                    break;
                case "rounds":
                    parameter.Description = "How many of the newest rounds to show.";
                    parameter.Schema = Number(0, FederationApi.MaxRounds, FederationApi.DefaultRounds);
                    parameter.Example = 10;
                    break;
                case "clients":
                    parameter.Description = "How many clients to show.";
                    parameter.Schema = Number(1, FederationApi.MaxClients, FederationApi.DefaultClients);
                    parameter.Example = 10;
                    break;
                case "pageSize":
                    parameter.Description = "At most so many.";
                    parameter.Schema = Number(1, FederationApi.MaxPageSize, FederationApi.DefaultPageSize);
                    parameter.Example = 20;
                    break;
                case "continuationToken":
                    parameter.Description = "What the page before ended with.";
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String };
                    break;
                case RequestFields.OrderName:
                    parameter.Description = "What comes first.";
                    document!.AddComponent(OrderComponent, new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Description = "What comes first.",
                        Enum = [.. RequestFields.Orders.Select(order => JsonValue.Create(order))],
                        Default = RequestFields.Orders[0],
                    });
                    parameter.Schema = new OpenApiSchemaReference(OrderComponent, document);
                    parameter.Example = RequestFields.Orders[1];
                    break;
                case RequestFields.IdPrefixName:
                    parameter.Description = "Only those whose id begins so.";
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = RequestFields.IdPrefixPattern, MinLength = 1, MaxLength = ArtifactNames.MaxIdLength };
                    parameter.Example = "ward-";
                    break;
                case RequestFields.DigestName:
                    parameter.Description = "That data set alone, if no federation uses it.";
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = RequestFields.DigestPattern };
                    parameter.Example = ApiExamples.Sha256;
                    break;
                case RequestFields.CreatedAfterName:
                    DescribeTime(parameter, "Only those that were started later.");
                    break;
                case RequestFields.CreatedBeforeName:
                    DescribeTime(parameter, "Only those that were started earlier.");
                    break;
                case "reason":
                    parameter.Description = "Why, for a person.";
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = RequestFields.MaxTextLength };
                    parameter.Example = "enough seen";
                    break;
                case RequestPatience.Name:
                    parameter.Description = "How many seconds to wait for the data to be ready before the answer is sent.";
                    parameter.Schema = Number(0, RequestPatience.MostSeconds, 0);
                    parameter.Example = 10;
                    break;
                case "Prefer":
                    parameter.Description = "`wait=N`: as the query's, for whoever can set headers alone.";
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String };
                    parameter.Example = "wait=10";
                    break;
                case IdempotencyKey.Header:
                    parameter.Description = "Of a start without an id: whatever comes with this key again, from the same caller, is the same start.";
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = IdempotencyKey.MaxLength + 2, MinLength = 1 };
                    parameter.Example = "8e03978e-40d5-43e8-bc93-6894a57f9324";
                    break;
                case "Range":
                    DescribeCondition(parameter, "A part of the file.", "bytes=0-1023");
                    break;
                case "If-Range":
                    DescribeCondition(parameter, "The part only if the file has this entity tag, else all of it.", "\"SHA-256\"");
                    break;
                case "If-Match":
                    DescribeCondition(parameter, "The file only if it has one of these entity tags, else 412.", "*");
                    break;
                case "If-None-Match":
                    DescribeCondition(parameter, "304 if what is there has one of these entity tags.", "\"SHA-256\"");
                    break;
                case "status":
                    parameter.Description = "Only those in one of these states.";
                    parameter.Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Array,
                        Items = new OpenApiSchemaReference(ApiDocument.StatusComponent, document),
                    };
                    parameter.Explode = false;
                    parameter.Style = ParameterStyle.Form;
                    parameter.Example = new JsonArray("pending", "running");
                    break;
            }
        }
    }

    private static void DescribeTime(OpenApiParameter parameter, string description)
    {
        parameter.Description = description;
        parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" };
        parameter.Example = "2026-01-31T12:00:00Z";
    }

    private static void DescribeCondition(OpenApiParameter parameter, string description, string example)
    {
        parameter.Description = description;
        parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String };
        parameter.Example = example;
    }

    private static OpenApiSchema Number(int least, int most, int? otherwise = null) => new()
    {
        Type = JsonSchemaType.Integer,
        Minimum = least.ToString(CultureInfo.InvariantCulture),
        Maximum = most.ToString(CultureInfo.InvariantCulture),
        Default = otherwise is { } value ? JsonValue.Create(value) : null,
    };
}
