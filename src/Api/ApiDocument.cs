using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>
/// The OpenAPI 3.1 document of the API, a page that shows it, and the dashboard. None of them says anything of this host, so none asks for a key.
/// </summary>
public static class ApiDocument
{
    /// <summary>The header that has the key, as Azure Functions names it.</summary>
    public const string KeyHeader = "x-functions-key";

    /// <summary>The component that lists the states of a federation.</summary>
    internal const string StatusComponent = "FederationStatus";

    /// <summary>The server in the document of a host that no proxy puts below a prefix.</summary>
    internal const string Server = "/";

    private const string ProblemComponent = "Problem";
    private const string Scheme = "key";

    // What ASP.NET calls any file.
    private const string FileComponent = "IFormFile";

    private static readonly Lazy<EmbeddedPage> DocumentPage = new(() => EmbeddedPage.Read("ApiPage.html"));
    private static readonly Lazy<EmbeddedPage> OpenDashboard = new(() => EmbeddedPage.Read("Dashboard.html"));
    private static readonly Lazy<EmbeddedPage> KeyedDashboard = new(() => EmbeddedPage.Read("Dashboard.html", needsKey: true));

    /// <summary>Adds what makes the document.</summary>
    internal static IServiceCollection AddFederationDocument(this IServiceCollection services, FederationApiOptions options) => services
        .ConfigureHttpJsonOptions(json => WriteAsContracts(json.SerializerOptions))
        .AddOpenApi(document => document
            .NameComponents()
            .AddSchemaTransformer<SpecSchema>()
            .AddSchemaTransformer((schema, context, _) =>
            {
                // A property that may be null may be left out of a request, and is left out of an answer where it is null.
                foreach (var property in context.JsonTypeInfo.Properties.Where(property => property.IsGetNullable))
                    schema.Required?.Remove(property.Name);
                if (context.JsonTypeInfo.Type == typeof(OrchestrationRuntimeStatus))
                    (schema.Type, schema.Description) = (JsonSchemaType.String, "The state of a federation.");
                return Task.CompletedTask;
            })
            .AddOperationTransformer((operation, context, _) =>
            {
                ApiParameters.Describe(operation, context.Document);
                return Task.CompletedTask;
            })
            .AddDocumentTransformer((api, _, _) =>
            {
                Introduce(api, options);
                foreach (var operation in api.Paths.Values.SelectMany(path => path.Operations ?? []).Select(operation => operation.Value))
                    Complete(operation, api, options);
                api.Components?.Schemas?.Remove(FileComponent); // each file says itself what it is
                GeneratorForm.Apply(api);
                return Task.CompletedTask;
            }));

    /// <summary>
    /// Maps the document and the pages, which need no key, and leads whoever opens the host's address in a browser to the dashboard.
    /// </summary>
    public static void MapFederationDocument(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        var paths = routes.ServiceProvider.GetRequiredService<FederationApiOptions>().Paths;
        open.MapRead(paths.Document, (HttpRequest request, ApiDescription description) => description.AnswerAsync(request));
        open.MapRead(paths.Page, Page);
        open.MapRead(paths.Dashboard, Dashboard);
        open.MapRead("/", (HttpRequest request) => TypedResults.Redirect(request.PathBase.ToUriComponent() + paths.Dashboard));
    }

    /// <summary>The page that shows the document.</summary>
    public static IResult Page(HttpRequest request) => DocumentPage.Value.Answer(request);

    /// <summary>The page that shows federations: what it shows it asks the API for, with the key that its reader gives it.</summary>
    public static IResult Dashboard(HttpRequest request) =>
        (request.HttpContext.RequestServices.GetRequiredService<FederationApiOptions>().NeedsKey ? KeyedDashboard : OpenDashboard).Value.Answer(request);

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

    private static OpenApiOptions NameComponents(this OpenApiOptions document)
    {
        document.CreateSchemaReferenceId = type => type.Type switch
        {
            var known when known == typeof(OrchestrationRuntimeStatus) => StatusComponent,
            var known when known == typeof(ApiProblem) => ProblemComponent,
            var known when known == typeof(Stream) => null, // a file is told where it is answered
            _ => OpenApiOptions.CreateDefaultSchemaReferenceId(type),
        };
        return document;
    }

    /// <summary>Adds what every operation can be answered with, and headers.</summary>
    private static void Complete(OpenApiOperation operation, OpenApiDocument api, FederationApiOptions options)
    {
        operation.Responses ??= [];
        foreach (var status in (int[])[options.NeedsKey ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden, StatusCodes.Status500InternalServerError, StatusCodes.Status503ServiceUnavailable])
            operation.Responses[$"{status}"] = Problem("");
        foreach (var (status, response) in operation.Responses)
        {
            if (response is OpenApiResponse { Content: { } content } answer && content.ContainsKey(ApiProblem.ContentType))
                answer.Description = ProblemKind.Describe(int.Parse(status, CultureInfo.InvariantCulture));
            if (response is OpenApiResponse { Content: { } media } && media.TryGetValue(MediaTypeNames.Application.Octet, out var file))
                file.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        }

        ApiHeaders.Describe(operation);
        operation.Responses["default"] = Problem("What else goes wrong.");

        OpenApiResponse Problem(string description) => new()
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [ApiProblem.ContentType] = new() { Schema = new OpenApiSchemaReference(ProblemComponent, api) },
            },
        };
    }

    private static void Introduce(OpenApiDocument api, FederationApiOptions options)
    {
        api.Info = new OpenApiInfo
        {
            Title = "FlDurable",
            Version = typeof(ApiDocument).Assembly.GetName().Version!.ToString(fieldCount: 3),
            Description = "Federations: start them, watch them, take their models, end them. What goes wrong is answered by RFC 9457.",
            Contact = new OpenApiContact { Name = "The FlDurable authors" },
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        api.Servers = [new OpenApiServer { Url = Server }];
        if (!options.NeedsKey)
        {
            api.Info.Description += " This host asks for no key, and takes requests from its own machine alone.";
            return;
        }

        api.Components ??= new OpenApiComponents();
        api.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = KeyHeader },
        };
        api.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, api)] = [] }];
    }
}
