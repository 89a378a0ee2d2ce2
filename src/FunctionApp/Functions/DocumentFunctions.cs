using FlDurable.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlDurable.FunctionApp.Functions;

/// <summary>The API's description and the dashboard, which need no key: they say nothing of federations.</summary>
public sealed class DocumentFunctions(ApiDescription description)
{
    /// <summary>The OpenAPI document.</summary>
    [Function("GetDocument")]
    public Task<IResult> Get([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "openapi.json")] HttpRequest request) =>
        description.AnswerAsync(request);

    /// <summary>A page that shows it.</summary>
    [Function("GetPage")]
    public static IResult GetPage([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "docs")] HttpRequest request) =>
        ApiDocument.Page(request);

    /// <summary>The dashboard.</summary>
    [Function("GetDashboard")]
    public static IResult GetDashboard([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "dashboard")] HttpRequest request) =>
        ApiDocument.Dashboard(request);
}
