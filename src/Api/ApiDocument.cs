using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlDurable.Shared.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>The OpenAPI 3.1 document of the API, and a page that shows it. Neither says anything of this host, so neither asks for a key.</summary>
public static class ApiDocument
{
    /// <summary>The header that has the key, as Azure Functions names it.</summary>
    public const string KeyHeader = "x-functions-key";

    private const string Scheme = "key";

    private static readonly Lazy<OpenFile> PageFile = new(ReadPage);

    /// <summary>Adds what makes the document.</summary>
    internal static IServiceCollection AddFederationDocument(this IServiceCollection services) => services
        .ConfigureHttpJsonOptions(json => WriteAsContracts(json.SerializerOptions))
        .AddOpenApi(document => document
            .AddSchemaTransformer<SpecSchema>()
            .AddSchemaTransformer((schema, context, _) =>
            {
                // What may be null may be absent, and on writing is.
                foreach (var property in context.JsonTypeInfo.Properties.Where(property => property.IsGetNullable))
                    schema.Required?.Remove(property.Name);
                return Task.CompletedTask;
            })
            .AddOperationTransformer((operation, _, _) =>
            {
                ApiParameters.Describe(operation);
                return Task.CompletedTask;
            })
            .AddDocumentTransformer((api, _, _) =>
            {
                Introduce(api);
                return Task.CompletedTask;
            }));

    /// <summary>
    /// Maps <see cref="FederationPaths.Document"/> and <see cref="FederationPaths.Page"/>, which need no key, and leads whoever opens the
    /// host's address in a browser to the page.
    /// </summary>
    public static void MapFederationDocument(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        open.MapRead(FederationPaths.Document, (ApiDescription description) => description.AnswerAsync());
        open.MapRead(FederationPaths.Page, Page);
        open.MapRead("/", () => TypedResults.Redirect(FederationPaths.Page));
    }

    /// <summary>The page. It loads nothing but the document.</summary>
    public static IResult Page(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
        return PageFile.Value.Answer();
    }

    private static OpenFile ReadPage()
    {
        using var page = typeof(ApiDocument).Assembly.GetManifestResourceStream("ApiPage.html")!;
        using var content = new MemoryStream();
        page.CopyTo(content);
        return new OpenFile(content.ToArray(), MediaTypeNames.Text.Html);
    }

    // The document's schemas are made from ASP.NET's own JSON options, not from those that answers are written with: so they are set alike.
    private static void WriteAsContracts(JsonSerializerOptions options)
    {
        options.NumberHandling = JsonNumberHandling.Strict;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.TypeInfoResolver = ContractJson.Options.TypeInfoResolver;
        foreach (var converter in ContractJson.Options.Converters)
            options.Converters.Add(converter);
    }

    private static void Introduce(OpenApiDocument api)
    {
        api.Info = new OpenApiInfo
        {
            Title = "FlDurable",
            Version = typeof(ApiDocument).Assembly.GetName().Version!.ToString(fieldCount: 3),
            Description = "Federations: start them, watch them, take their models, end them. What goes wrong is answered by RFC 9457.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        api.Servers = [new OpenApiServer { Url = "/" }];
        api.Components ??= new OpenApiComponents();
        api.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = KeyHeader },
        };
        api.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, api)] = [] }];
    }
}
