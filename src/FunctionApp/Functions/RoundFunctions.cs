using FlDurable.Api;
using FlDurable.FunctionApp.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace FlDurable.FunctionApp.Functions;

/// <summary>The calls of the HTTP API that show rounds and hand out parameters.</summary>
public sealed class RoundFunctions(FederationApi api, CurrentDurableClient current)
{
    /// <inheritdoc cref="FederationApi.GetDivisionAsync"/>
    [Function("GetDivision")]
    public Task<IResult> GetDivision(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "federations/{id}/division")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.GetDivisionAsync(id, cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.GetClientsAsync"/>
    [Function("GetClients")]
    public Task<IResult> GetClients(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "federations/{id}/clients")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.GetClientsAsync(id, request.Query["rounds"], request.Query["clients"], cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.ListRoundsAsync"/>
    [Function("ListRounds")]
    public Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "federations/{id}/rounds")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.ListRoundsAsync(id, request.Query, cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.GetRoundAsync"/>
    [Function("GetRound")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "federations/{id}/rounds/{round}")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, string round, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.GetRoundAsync(id, round, cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.GetRoundPartAsync"/>
    [Function("GetRoundPart")]
    public Task<IResult> GetPart(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "federations/{id}/rounds/{round}/parts/{part}")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, string round, string part, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.GetRoundPartAsync(id, round, part, cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.GetRoundModelAsync"/>
    [Function("GetRoundModel")]
    public Task<IResult> GetModel(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "federations/{id}/rounds/{round}/model")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, string round, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.GetRoundModelAsync(id, round, cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.GetModelAsync"/>
    [Function("GetModel")]
    public Task<IResult> GetFinalModel(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "federations/{id}/model")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.GetModelAsync(id, cancellationToken);
    }
}
