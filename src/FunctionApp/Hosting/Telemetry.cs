using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using FlDurable.Orchestrator.Telemetry;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace FlDurable.FunctionApp.Hosting;

/// <summary>
/// Sends the app's traces, metrics and logs to Application Insights by OpenTelemetry, as the host does with its own (<c>telemetryMode</c> in
/// host.json): so what a function does is in the trace of what triggered it.
/// </summary>
internal static class Telemetry
{
    /// <summary>The setting: where to. Host and app read the same one.</summary>
    public const string Setting = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    // A round is a trace: no federation has more a second, and a host with many costs no more.
    private const double MostTracesPerSecond = 5;

    /// <summary>
    /// Adds the exporter, which signs in by identity, since the component takes nothing else. Without the setting nothing is sent, and the
    /// app's logs go through the host, to Core Tools' console.
    /// </summary>
    /// <exception cref="AppSettingException">The setting isn't a connection string.</exception>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration settings)
    {
        if (settings[Setting] is not { Length: > 0 } connection)
            return services;
        if (!connection.Contains("InstrumentationKey=", StringComparison.OrdinalIgnoreCase))
            throw new AppSettingException(Setting, "it isn't understood: expected InstrumentationKey=…;IngestionEndpoint=https://…");

        services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(traces => traces.AddSource(FederationTraces.SourceName))
            .WithMetrics(metrics => metrics
                .AddMeter(FederationMetrics.MeterName)
                .AddInstrumentation(services => services.GetRequiredService<FederationMetrics>())) // so what has not happened yet is a 0 from the start
            .UseAzureMonitorExporter(exporter =>
            {
                exporter.ConnectionString = connection;
                exporter.TracesPerSecond = MostTracesPerSecond;
                exporter.Credential = new DefaultAzureCredential();
            });
        return services;
    }
}
