using FlDurable.Shared.Work;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Work;

/// <summary>What workers call, in a host that has a work board.</summary>
public static class WorkRoutes
{
    /// <summary>Adds the calls to the host's services.</summary>
    /// <param name="services">The services.</param>
    /// <param name="uploads">The folder where updates are put together as they come.</param>
    public static IServiceCollection AddWorkApi(this IServiceCollection services, string uploads) => services
        .AddSingleton(_ => new UpdateUploads(uploads))
        .AddSingleton<UpdateCalls>()
        .AddSingleton<WorkApi>()
        .AddSingleton<PoolApi>();

    /// <summary>
    /// Maps the calls. Each asks for a site's key, or for one of the pool; the host's own is not asked for. They are told of in docs/sites.md and docs/worker-pool.md, not in
    /// the API's document.
    /// </summary>
    public static void MapWork(this IEndpointRouteBuilder routes)
    {
        MapPool(Group<PoolAccess>(routes, $"{PoolProtocol.Root}/{WorkProtocol.Leases}"));
        var work = Group<WorkerAccess>(routes, WorkProtocol.Root);
        work.MapPut(WorkProtocol.Enrolment, (HttpContext http, WorkApi api) => api.EnrolAsync(http));
        work.MapPost(WorkProtocol.Leases, (HttpContext http, WorkApi api) => api.LeaseAsync(http));
        var lease = work.MapGroup($"{WorkProtocol.Leases}/{{lease}}");
        lease.MapGet(WorkProtocol.Order, (HttpContext http, string lease, WorkApi api) => api.GetOrderAsync(http, lease));
        lease.MapGet(WorkProtocol.Parameters, (HttpContext http, string lease, WorkApi api) => api.GetParametersAsync(http, lease));
        lease.MapPost(WorkProtocol.Renewals, (HttpContext http, string lease, WorkApi api) => api.RenewAsync(http, lease));
        lease.MapGet($"{WorkProtocol.Updates}/{{sha256}}", (HttpContext http, string lease, string sha256, WorkApi api) => api.GetUpdateAsync(http, lease, sha256));
        lease.MapPut($"{WorkProtocol.Updates}/{{sha256}}", (HttpContext http, string lease, string sha256, WorkApi api) => api.PutUpdateAsync(http, lease, sha256));
        lease.MapPost(WorkProtocol.Completion, (HttpContext http, string lease, WorkApi api) => api.CompleteAsync(http, lease));
        lease.MapPost(WorkProtocol.Failure, (HttpContext http, string lease, WorkApi api) => api.FailAsync(http, lease));
        lease.MapPost(WorkProtocol.Return, (HttpContext http, string lease, WorkApi api) => api.GiveBackAsync(http, lease));
    }

    private static void MapPool(RouteGroupBuilder leases)
    {
        leases.MapPost("", (HttpContext http, PoolApi api) => api.LeaseAsync(http));
        var lease = leases.MapGroup("/{lease}");
        lease.MapGet($"{PoolProtocol.Artifacts}/{{sha256}}", (HttpContext http, string lease, string sha256, PoolApi api) => api.ReadArtifactAsync(http, lease, sha256));
        lease.MapPost(PoolProtocol.Artifacts, (HttpContext http, string lease, PoolApi api) => api.WriteArtifactAsync(http, lease));
        lease.MapGet(PoolProtocol.Result, (HttpContext http, string lease, PoolApi api) => api.GetResultAsync(http, lease));
        lease.MapPost(WorkProtocol.Renewals, (HttpContext http, string lease, PoolApi api) => api.RenewAsync(http, lease));
        lease.MapGet($"{WorkProtocol.Updates}/{{sha256}}", (HttpContext http, string lease, string sha256, PoolApi api) => api.GetUpdateAsync(http, lease, sha256));
        lease.MapPut($"{WorkProtocol.Updates}/{{sha256}}", (HttpContext http, string lease, string sha256, PoolApi api) => api.PutUpdateAsync(http, lease, sha256));
        lease.MapPost(WorkProtocol.Completion, (HttpContext http, string lease, PoolApi api) => api.CompleteAsync(http, lease));
        lease.MapPost(WorkProtocol.Failure, (HttpContext http, string lease, PoolApi api) => api.FailAsync(http, lease));
        lease.MapPost(WorkProtocol.Return, (HttpContext http, string lease, PoolApi api) => api.GiveBackAsync(http, lease));
    }

    private static RouteGroupBuilder Group<TAccess>(IEndpointRouteBuilder routes, string below)
        where TAccess : IEndpointFilter => routes
        .MapGroup($"{routes.ServiceProvider.GetRequiredService<FederationApiOptions>().Paths.Root}/{below}")
        .AddEndpointFilter<RouteGroupBuilder, TAccess>()
        .WithMetadata(new AllowAnonymousAttribute())
        .ExcludeFromDescription();
}
