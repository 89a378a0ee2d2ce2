using FlDurable.Orchestrator;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.Api;

/// <summary>Adds the HTTP API to a host.</summary>
public static class FederationApiServices
{
    /// <summary>Adds <see cref="FederationApi"/> to the services that <see cref="OrchestratorExtensions.AddFederations"/> adds.</summary>
    public static IServiceCollection AddFederationApi(this IServiceCollection services, FederationApiOptions options) => services
        .AddSingleton(options)
        .AddSingleton<ApiDescription>()
        .AddSingleton<ServerPaths>()
        .AddSingleton<SpecIntake>()
        .AddSingleton<FederationReader>()
        .AddSingleton<FederationPurge>()
        .AddSingleton<ApiFailures>()
        .AddSingleton(provider => new FederationApi(
            provider.GetRequiredService<FederationApiOptions>(), provider.GetRequiredService<IArtifactStore>(), provider.GetRequiredService<FederationLauncher>(),
            provider.GetRequiredService<FederationControl>(), provider.GetRequiredService<FederationRetry>(), provider.GetRequiredService<FederationReader>(),
            provider.GetRequiredService<FederationPurge>(), provider.GetRequiredService<SpecIntake>(),
            provider.GetRequiredService<ApiFailures>(), new RequestLog(provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetService<IKeptDatasets>()));
}
