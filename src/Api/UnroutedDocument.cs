using FlDurable.Shared.Specs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>The document whatever the host routes by: read off an application that is never started.</summary>
public static class UnroutedDocument
{
    private const string Name = "v1";

    /// <summary>The OpenAPI 3.1 document as JSON, as <see cref="ApiDescription"/> serves it.</summary>
    /// <param name="table">The fields that a spec can have on the host.</param>
    /// <param name="options">What the host lets its callers do.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<string> WriteAsync(SpecTable table, FederationApiOptions options, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore(); // an application is none without a server, started or not
        builder.Services.AddSingleton(table).AddRouting().AddFederationApi(options).AddFederationDocument(options);
        await using var app = builder.Build();
        app.MapFederations();
        app.UseRouting().UseEndpoints(_ => { }); // makes the routes known, as starting would
        var document = await app.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync(cancellationToken);
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken);
    }
}
