using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FlDurable.LocalHost.Serve;

/// <summary>
/// Whether the server lives, and whether it can work, for whoever watches over it: 200 or 503. It needs no key, and says no more than that.
/// </summary>
internal static class Health
{
    /// <summary>The server answers: 200 as long as it does.</summary>
    public const string Live = "/health/live";

    /// <summary>The engine runs and the artifacts can be reached: 200, or 503.</summary>
    public const string Ready = "/health/ready";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Adds what is looked at.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<EngineHealth>("engine")
            .AddCheck<ArtifactsHealth>("artifacts", failureStatus: null, tags: [], Patience);
        return services;
    }

    /// <summary>Maps both.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks(Live, new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        routes.MapHealthChecks(Ready).AllowAnonymous();
    }

    private sealed class EngineHealth(IFederationEngine engine) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
            Task.FromResult(engine.Stopped.IsCompleted ? HealthCheckResult.Unhealthy("the engine has stopped") : HealthCheckResult.Healthy());
    }

    private sealed class ArtifactsHealth(IArtifactStore store) : IHealthCheck
    {
        private const string Any = "health/any"; // whether there is such an artifact doesn't matter, only that the store can say so

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
        {
            try
            {
                await store.FindAsync(Any, cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (ArtifactStoreException exception)
            {
                return HealthCheckResult.Unhealthy("the artifacts can't be reached", exception);
            }
        }
    }
}
