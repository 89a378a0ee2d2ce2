using FlDurable.Api;
using FlDurable.FunctionApp.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace FlDurable.FunctionApp.Functions;

/// <summary>The calls of the HTTP API that start, show and end federations.</summary>
public sealed class FederationFunctions(FederationApi api, CurrentDurableClient current)
{
    /// <inheritdoc cref="FederationApi.StartAsync"/>
    [Function("StartFederation")]
    public Task<IResult> Start(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "federations")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.StartAsync(request, cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.ListAsync"/>
    [Function("ListFederations")]
    public Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "federations")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.ListAsync(request.Query, cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.GetAsync"/>
    [Function("GetFederation")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "federations/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.GetAsync(id, request.Query["rounds"], cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.PurgeAsync"/>
    [Function("PurgeFederation")]
    public Task<IResult> Purge(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "federations/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.PurgeAsync(id, cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.PurgeManyAsync"/>
    [Function("PurgeFederations")]
    public Task<IResult> PurgeMany(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "federations")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        current.Use(client);
        var query = request.Query;
        return api.PurgeManyAsync([.. query["status"]], query["createdBefore"], query["idPrefix"], query["pageSize"], cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.BranchAsync"/>
    [Function("BranchFederation")]
    public Task<IResult> Branch(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "federations/{id}/branch")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.BranchAsync(id, request, cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.TerminateAsync"/>
    [Function("TerminateFederation")]
    public Task<IResult> Terminate(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "federations/{id}/terminate")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.TerminateAsync(id, request.Query["reason"], cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.SuspendAsync"/>
    [Function("SuspendFederation")]
    public Task<IResult> Suspend(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "federations/{id}/suspend")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.SuspendAsync(id, request.Query["reason"], cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.ResumeAsync"/>
    [Function("ResumeFederation")]
    public Task<IResult> Resume(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "federations/{id}/resume")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.ResumeAsync(id, request.Query["reason"], cancellationToken);
    }

    /// <inheritdoc cref="FederationApi.RetryAsync"/>
    [Function("RetryFederation")]
    public Task<IResult> Retry(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "federations/{id}/retry")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        current.Use(client);
        return api.RetryAsync(id, cancellationToken);
    }
}
