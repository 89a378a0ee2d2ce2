using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Orchestrator.Telemetry;

/// <summary>Adds this room to a host.</summary>
public static class TelemetryExtensions
{
    /// <summary>
    /// Tells whoever listens to the meter <see cref="FederationMetrics.MeterName"/> and the source <see cref="FederationTraces.SourceName"/> what activities do in this process.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="place">Where the federations are kept (<see cref="TelemetryPlace"/>).</param>
    public static IServiceCollection AddFederationTelemetry(this IServiceCollection services, string place) => services
        .AddSingleton(new TelemetryPlace(place))
        .AddSingleton<FederationMetrics>()
        .AddSingleton<IActivityObserver>(provider => provider.GetRequiredService<FederationMetrics>())
        .AddSingleton<FederationTraces>()
        .AddSingleton<IActivityObserver>(provider => provider.GetRequiredService<FederationTraces>());

    /// <summary>Tells the host's logs what becomes of federations: for hosts that show it in no other way.</summary>
    public static IServiceCollection AddFederationLog(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IActivityObserver, FederationLog>());
        return services;
    }
}
