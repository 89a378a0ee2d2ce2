using FlDurable.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlDurable.FunctionApp.Functions;

/// <summary>The calls of the HTTP API about partitioned data, which here others may use: each is refused, and says so.</summary>
public sealed class DatasetFunctions(FederationApi api)
{
    /// <inheritdoc cref="FederationApi.ListDatasetsAsync"/>
    [Function("ListDatasets")]
    public Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "datasets")] HttpRequest request, CancellationToken cancellationToken) => api.ListDatasetsAsync(cancellationToken);

    /// <inheritdoc cref="FederationApi.RemoveDatasetsAsync"/>
    [Function("RemoveDatasets")]
    public Task<IResult> Remove(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "datasets")] HttpRequest request, CancellationToken cancellationToken) =>
        api.RemoveDatasetsAsync(request.Query["digest"], cancellationToken);
}
