using System.Net.Mime;
using System.Text;
using FlDurable.Api;
using FlDurable.FunctionApp.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlDurable.FunctionApp.Functions;

/// <summary>The API's description, which needs no key.</summary>
public sealed class DocumentFunctions(ApiDescription description)
{
    /// <summary>The OpenAPI document.</summary>
    [Function("GetDocument")]
    public async Task<IResult> Get([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "openapi.json")] HttpRequest request) =>
        TypedResults.Text(await description.JsonAsync(), MediaTypeNames.Application.Json, Encoding.UTF8);

    /// <summary>A page that shows it.</summary>
    [Function("GetPage")]
    public static IResult GetPage([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "docs")] HttpRequest request) =>
        ApiDocument.Page(request.HttpContext.Response);
}
