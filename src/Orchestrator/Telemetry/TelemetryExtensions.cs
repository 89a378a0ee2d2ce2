using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

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
        .AddSingleton<IActivityObserver, FederationMetrics>()
        .AddSingleton<IActivityObserver, FederationTraces>();

    /// <summary>Tells the host's logs what becomes of federations: for hosts that show it in no other way.</summary>
    public static IServiceCollection AddFederationLog(this IServiceCollection services) => services.AddSingleton<IActivityObserver, FederationLog>();
}
