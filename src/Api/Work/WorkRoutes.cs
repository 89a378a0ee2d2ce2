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
        .AddSingleton<WorkApi>();

    /// <summary>Maps the calls. Each asks for a site's key; the host's own is not asked for. They are told of in docs/sites.md, not in the API's document.</summary>
    public static void MapWork(this IEndpointRouteBuilder routes)
    {
        var work = routes.MapGroup($"{routes.ServiceProvider.GetRequiredService<FederationApiOptions>().Paths.Root}/{WorkProtocol.Root}")
            .AddEndpointFilter<RouteGroupBuilder, WorkerAccess>()
            .WithMetadata(new AllowAnonymousAttribute())
            .ExcludeFromDescription();
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
}
