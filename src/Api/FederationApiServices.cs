using FlDurable.Orchestrator;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api;

/// <summary>Adds the HTTP API to a host.</summary>
public static class FederationApiServices
{
    /// <summary>Adds <see cref="FederationApi"/> to the services that <see cref="OrchestratorExtensions.AddFederations"/> adds.</summary>
    public static IServiceCollection AddFederationApi(this IServiceCollection services, FederationApiOptions options) => services
        .AddSingleton(options)
        .AddSingleton(provider => new LaunchGate(options, provider.GetService<TimeProvider>() ?? TimeProvider.System))
        .AddSingleton<ApiDescription>()
        .AddSingleton<ServerPaths>()
        .AddSingleton<SpecIntake>()
        .AddSingleton<FederationReader>()
        .AddSingleton<ApiFailures>()
        .AddSingleton(provider => new FederationApi(
            options, provider.GetRequiredService<IArtifactStore>(), provider.GetRequiredService<FederationLauncher>(),
            provider.GetRequiredService<FederationControl>(), provider.GetRequiredService<FederationReader>(), provider.GetRequiredService<SpecIntake>(),
            provider.GetRequiredService<LaunchGate>(), provider.GetRequiredService<ApiFailures>()));
}
