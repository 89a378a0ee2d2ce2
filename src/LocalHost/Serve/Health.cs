using FlDurable.LocalHost.Hosting;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FlDurable.LocalHost.Serve;

/// <summary>
/// Whether the server lives, and whether it can work, for whoever watches over it: 200, or 503 with what does not hold. It needs no key, and names no federation and no file.
/// </summary>
internal static class Health
{
    /// <summary>The server answers: 200 as long as it does.</summary>
    public const string Live = "/health/live";

    /// <summary>The engine runs, artifacts can be written and no work waits since they could not be: 200, or 503.</summary>
    public const string Ready = "/health/ready";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Adds what is looked at.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<ArtifactsHealth>().AddHealthChecks()
            .AddCheck<EngineHealth>("engine", failureStatus: null, tags: [], Patience)
            .AddCheck<ArtifactsHealth>("artifacts", failureStatus: null, tags: [], Patience);
        return services;
    }

    /// <summary>Maps both.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        Map(Live, new HealthCheckOptions { Predicate = _ => false });
        Map(Ready, new HealthCheckOptions());

        void Map(string path, HealthCheckOptions options) =>
            routes.MapHealthChecks(path, Telling(options)).WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head])).AllowAnonymous();
    }

    private static HealthCheckOptions Telling(HealthCheckOptions options)
    {
        options.ResponseWriter = (context, report) =>
        {
            var amiss = report.Entries.Values.Where(check => check.Status != HealthStatus.Healthy).Select(check => check.Description).ToList();
            context.Response.ContentType = "text/plain";
            return context.Response.WriteAsync(amiss.Count == 0 ? $"{report.Status}" : $"{report.Status}: {string.Join("; ", amiss)}", context.RequestAborted);
        };
        return options;
    }

    private sealed class EngineHealth(IFederationEngine engine, IOrchestrationClient client) : IHealthCheck
    {
        private const string Any = "health"; // whether there is such a federation doesn't matter, only that the engine's storage can say so

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
        {
            if (engine.Stopped.IsCompleted)
                return HealthCheckResult.Unhealthy("the engine has stopped");
            try
            {
                await client.GetInstanceAsync(Any, cancellationToken);
                return await engine.FindStorageFailureAsync(cancellationToken) is null
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy("work waits, since the disk or the storage could not be read or written; status says what");
            }
            catch (EngineUnavailableException exception)
            {
                return HealthCheckResult.Unhealthy("the engine's storage can't be reached", exception);
            }
        }
    }

    /// <summary>Writes an artifact and deletes it: so a full disk shows, and one that can only be read. However many ask, not more often than every few seconds.</summary>
    private sealed class ArtifactsHealth(IArtifactStore store, TimeProvider time) : IHealthCheck, IDisposable
    {
        private static readonly TimeSpan Holds = TimeSpan.FromSeconds(5);

        private readonly SemaphoreSlim looking = new(1);
        private (long At, HealthCheckResult Result)? last;

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
        {
            await looking.WaitAsync(cancellationToken);
            try
            {
                if (last is not { } known || time.GetElapsedTime(known.At) >= Holds)
                    last = known = (time.GetTimestamp(), await TryAsync(cancellationToken));
                return known.Result;
            }
            finally
            {
                looking.Release();
            }
        }

        public void Dispose() => looking.Dispose();

        private async Task<HealthCheckResult> TryAsync(CancellationToken cancellationToken)
        {
            var name = $"health/{Guid.NewGuid():N}";
            try
            {
                await store.PutAsync(name, "well"u8.ToArray(), cancellationToken);
                await store.DeleteAsync(name, cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (ArtifactStoreException exception)
            {
                return HealthCheckResult.Unhealthy("artifacts can't be written", exception);
            }
        }
    }
}
