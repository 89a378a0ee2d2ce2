using FlDurable.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlDurable.FunctionApp.Functions;

/// <summary>The API's description, which needs no key.</summary>
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
}
