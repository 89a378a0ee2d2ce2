using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api;

/// <summary>The API in a host that routes.</summary>
public static class FederationRoutes
{
    /// <summary>Maps every call of <see cref="FederationApi"/> under the federations, or the data, of <see cref="FederationApiOptions.Paths"/>.</summary>
    public static RouteGroupBuilder MapFederations(this IEndpointRouteBuilder routes)
    {
        var federations = routes.MapGroup(routes.ServiceProvider.GetRequiredService<FederationApiOptions>().Paths.Federations).WithTags("federations");
        MapFederation(federations);
        MapRounds(federations);
        MapControl(federations);
        MapDatasets(routes.MapGroup(routes.ServiceProvider.GetRequiredService<FederationApiOptions>().Paths.Datasets).WithTags("data"));
        return federations;
    }

    /// <summary>Answers what no call answers, such as a path that is none, as calls do.</summary>
    public static IApplicationBuilder UseFederationProblems(this IApplicationBuilder app)
    {
        var failures = app.ApplicationServices.GetRequiredService<ApiFailures>();
        var paths = app.ApplicationServices.GetRequiredService<FederationApiOptions>().Paths;
        return app
            .Use(next => async context =>
            {
                try
                {
                    await next(context);
                }
                catch (Exception exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
                {
                    await failures.Answer(exception).ExecuteAsync(context);
                }
            })
            .UseStatusCodePages(context =>
            {
                var (status, prefix) = (context.HttpContext.Response.StatusCode, context.HttpContext.Request.PathBase);
                return ApiAnswers.Problem(ProblemKind.Of(status), Advice(status, prefix.ToUriComponent() + paths.Page)).ExecuteAsync(context.HttpContext);
            });
    }

    /// <summary>Maps GET, and HEAD with it, as HTTP has it of whatever can be read. The document tells of GET alone.</summary>
    /// <returns>GET's endpoint.</returns>
    internal static RouteHandlerBuilder MapRead(this IEndpointRouteBuilder routes, string pattern, Delegate handler)
    {
        routes.MapMethods(pattern, [HttpMethods.Head], handler).ExcludeFromDescription();
        return routes.MapGet(pattern, handler);
    }

    private static string? Advice(int status, string page) => status switch
    {
        StatusCodes.Status401Unauthorized => $"expected the host's key in the header {ApiDocument.KeyHeader}",
        StatusCodes.Status403Forbidden => "this host takes no key, and so only requests from its own machine: to localhost, and from no other site's page",
        StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed => $"there is no such call: {page} shows those that there are",
        _ => null,
    };

    private static void MapFederation(RouteGroupBuilder federations)
    {
        federations.MapPost("", (HttpRequest request, FederationApi api, CancellationToken cancel) => api.StartAsync(request, cancel))
            .Describe("startFederation", "Start a federation", ApiTexts.Start)
            .TakesSpec()
            .TakesPatience()
            .TakesKey()
            .Answers<FederationSummary>(202, "It is started; its data is read by and by.")
            .Answers<FederationSummary>(200, "It was there already, with this spec.")
            .Fails(400, 409, 413, 415, 422);
        federations.MapDelete("", (string[]? status, string? createdBefore, string? idPrefix, string? pageSize, FederationApi api, CancellationToken cancel) =>
                api.PurgeManyAsync(status ?? [], createdBefore, idPrefix, pageSize, cancel))
            .Describe("purgeFederations", "Remove federations", ApiTexts.PurgeMany)
            .Answers<PurgedFederations>(200, "They are removed.")
            .Fails(400);
        federations.MapRead("", (HttpRequest request, FederationApi api, CancellationToken cancel) => api.ListAsync(request.Query, cancel))
            .Describe("listFederations", "List federations", ApiTexts.List)
            .TakesQuery(FederationQuery.Names)
            .AnswersRead<FederationList>("A page of federations.")
            .Fails(400);
        federations.MapRead("/{id}", (string id, string? rounds, FederationApi api, CancellationToken cancel) => api.GetAsync(id, rounds, cancel))
            .Describe("getFederation", "Look at a federation", ApiTexts.Get)
            .AnswersRead<FederationDetails>("The federation.")
            .Fails(400, 404);
        federations.MapDelete("/{id}", (string id, FederationApi api, CancellationToken cancel) => api.PurgeAsync(id, cancel))
            .Describe("purgeFederation", "Remove a federation", ApiTexts.Purge)
            .Answers(204, "It is removed.")
            .Fails(400, 404, 409);
    }

    private static void MapRounds(RouteGroupBuilder federations)
    {
        federations.MapRead("/{id}/division", (string id, FederationApi api, CancellationToken cancel) => api.GetDivisionAsync(id, cancel))
            .Describe("getDivision", "Look at how clients share the data", ApiTexts.Division)
            .AnswersRead<DataDivision>("The clients, with how many images of each class they have.")
            .Fails(400, 404);
        federations.MapRead("/{id}/clients", (string id, string? rounds, string? clients, FederationApi api, CancellationToken cancel) =>
                api.GetClientsAsync(id, rounds, clients, cancel))
            .Describe("getClients", "Look at how clients did", ApiTexts.Clients)
            .AnswersRead<ClientHistories>("The clients, each with its rounds.")
            .Fails(400, 404);
        federations.MapRead("/{id}/rounds", (string id, HttpRequest request, FederationApi api, CancellationToken cancel) =>
                api.ListRoundsAsync(id, request.Query, cancel))
            .Describe("listRounds", "List a federation's rounds", ApiTexts.Rounds)
            .TakesQuery(RoundQuery.Names)
            .AnswersRead<RoundList>("A page of rounds.")
            .Fails(400, 404);
        federations.MapRead("/{id}/rounds/{round}", (string id, string round, FederationApi api, CancellationToken cancel) =>
                api.GetRoundAsync(id, round, cancel))
            .Describe("getRound", "Look at a round", ApiTexts.Round)
            .AnswersRead<Shared.Records.RoundRecord>("The round's record.")
            .Fails(400, 404);
        federations.MapRead("/{id}/rounds/{round}/parts/{part}", (string id, string round, string part, FederationApi api, CancellationToken cancel) =>
                api.GetRoundPartAsync(id, round, part, cancel))
            .Describe("getRoundPart", "Look at some of a large round's clients", ApiTexts.RoundPart)
            .AnswersRead<Shared.Records.RoundClients>("The clients.")
            .Fails(400, 404);
        MapFile(
            federations, "/{id}/model", "Model", "the final model", ApiTexts.Model,
            (string id, FederationApi api, CancellationToken cancel) => api.GetModelAsync(id, cancel));
        MapFile(
            federations, "/{id}/rounds/{round}/model", "RoundModel", "a round's model", ApiTexts.RoundModel,
            (string id, string round, FederationApi api, CancellationToken cancel) => api.GetRoundModelAsync(id, round, cancel));
    }

    private static void MapFile(RouteGroupBuilder federations, string pattern, string name, string what, string description, Delegate handler)
    {
        federations.MapGet(pattern, handler)
            .Describe($"get{name}", $"Download {what}", description)
            .TakesConditions()
            .AnswersFile()
            .Fails(400, 404);
        federations.MapMethods(pattern, [HttpMethods.Head], handler)
            .Describe($"head{name}", $"Look at {what}", "As GET answers without ranges, without the content.")
            .TakesConditions()
            .Answers(200, "It is there.")
            .Answers(304, "It is what If-None-Match names.")
            .Fails(400, 404, 412);
    }

    private static void MapDatasets(RouteGroupBuilder datasets)
    {
        datasets.MapRead("", (FederationApi api, CancellationToken cancel) => api.ListDatasetsAsync(cancel))
            .Describe("listDatasets", "List partitioned data", ApiTexts.Datasets)
            .AnswersRead<DatasetList>("All that there is.")
            .Fails(409);
        datasets.MapDelete("", (string? digest, FederationApi api, CancellationToken cancel) => api.RemoveDatasetsAsync(digest, cancel))
            .Describe("removeDatasets", "Remove data that nobody uses", ApiTexts.RemoveDatasets)
            .Answers<RemovedDatasets>(200, "They are removed.")
            .Fails(400, 409);
    }

    private static void MapControl(RouteGroupBuilder federations)
    {
        federations.MapPost("/{id}/terminate", (string id, string? reason, FederationApi api, CancellationToken cancel) =>
                api.TerminateAsync(id, reason, cancel))
            .Describe("terminateFederation", "End a federation", ApiTexts.Terminate)
            .Answers<FederationSummary>(202, "It is told to.")
            .Fails(400, 404);
        federations.MapPost("/{id}/suspend", (string id, string? reason, FederationApi api, CancellationToken cancel) =>
                api.SuspendAsync(id, reason, cancel))
            .Describe("suspendFederation", "Hold a federation", ApiTexts.Suspend)
            .Answers<FederationSummary>(202, "It is told to.")
            .Fails(400, 404, 409);
        federations.MapPost("/{id}/resume", (string id, string? reason, FederationApi api, CancellationToken cancel) =>
                api.ResumeAsync(id, reason, cancel))
            .Describe("resumeFederation", "Let a federation go on", ApiTexts.Resume)
            .Answers<FederationSummary>(202, "It is told to.")
            .Fails(400, 404, 409);
        federations.MapPost("/{id}/retry", (string id, FederationApi api, CancellationToken cancel) => api.RetryAsync(id, cancel))
            .Describe("retryFederation", "Let a federation that has failed go on", ApiTexts.Retry)
            .Answers<FederationSummary>(202, "It is told to.")
            .Fails(400, 404, 409);
        federations.MapPost("/{id}/branch", (string id, HttpRequest request, FederationApi api, CancellationToken cancel) =>
                api.BranchAsync(id, request, cancel))
            .Describe("branchFederation", "Branch a federation", ApiTexts.Branch)
            .TakesBranch()
            .TakesPatience()
            .TakesKey()
            .Answers<FederationSummary>(202, "The branch is started.")
            .Answers<FederationSummary>(200, "The branch was there already.")
            .Fails(400, 404, 409, 413, 415, 422);
    }
}
