using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.Orchestrator.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FlDurable.LocalHost.Telemetry;

/// <summary>
/// Sends traces, metrics and logs of this process to whoever OpenTelemetry's own variables of the environment name (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, or that of one signal alone, such
/// as <c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c>). Without them nothing is sent, and nothing of OpenTelemetry is loaded but for <c>/metrics</c>.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    /// <summary>Where a server's figures are read by Prometheus.</summary>
    public const string Metrics = "/metrics";

    private const string Prefix = "OTEL_";
    private const string Sampler = "OTEL_TRACES_SAMPLER";
    private const string ByParent = "parentbased_";
    private const int MostMilliseconds = 5000;

    private readonly IReadOnlyList<Action> ends;

    private TelemetryExport(IReadOnlyList<Action> ends) => this.ends = ends;

    /// <summary>Whether the environment names somebody to send anything to.</summary>
    public static bool IsAskedFor => Takes("TRACES") || Takes("METRICS") || Takes("LOGS");

    /// <summary>Whether the environment names somebody to send a signal to: <c>TRACES</c>, <c>METRICS</c> or <c>LOGS</c>.</summary>
    public static bool Takes(string signal) => IsSet("OTEL_EXPORTER_OTLP_ENDPOINT") || IsSet($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");

    /// <summary>Begins to send. To be disposed of when all is done and before the services are: what is not sent yet then is.</summary>
    public static TelemetryExport Start(IServiceProvider services)
    {
        if (!IsAskedFor)
            return new TelemetryExport([]);
        var traces = services.GetRequiredService<TracerProvider>();
        var metrics = services.GetRequiredService<MeterProvider>();
        var logs = services.GetRequiredService<LoggerProvider>();
        return new TelemetryExport([() => traces.Shutdown(MostMilliseconds), () => metrics.Shutdown(MostMilliseconds), () => logs.Shutdown(MostMilliseconds)]);
    }

    /// <summary>Sends what is left, for at most some seconds: who does not answer holds up nobody's end.</summary>
    public void Dispose() => Task.WaitAll([.. ends.Select(Task.Run)]);

    /// <summary>
    /// OpenTelemetry's variables as a host's settings, of which a server of ours has no others. No span of ours has a parent that another process has sampled or not: what a sampler
    /// would do without one, it does.
    /// </summary>
    internal static IConfiguration Settings(System.Collections.IDictionary environment) => new ConfigurationBuilder()
        .AddInMemoryCollection(environment.Keys.Cast<string>()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => KeyValuePair.Create(name, name == Sampler ? WithoutParent((string?)environment[name]) : (string?)environment[name])))
        .Build();

    private static bool IsSet(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 };

    private static string? WithoutParent(string? sampler) =>
        sampler?.StartsWith(ByParent, StringComparison.OrdinalIgnoreCase) == true ? sampler[ByParent.Length..] : sampler;
}

/// <summary>Adds telemetry to this machine's commands.</summary>
internal static class TelemetryServices
{
    // Whatever the terminal shows.
    private static readonly LogSettings Sent = new(LogLevel.Information);

    /// <summary>Adds what is told of federations, and sends it where the environment says.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, StateFolder state)
    {
        services.AddFederationTelemetry(state.Hub?.Name ?? state.Path);
        if (!TelemetryExport.IsAskedFor)
            return services;
        services.AddFederationLog();
        var sendsLogs = TelemetryExport.Takes("LOGS");
        services.AddLogging(logs => logs.AddFilter<OpenTelemetryLoggerProvider>((category, level) => sendsLogs && Sent.Takes(category, level)));
        services.RemoveAll<IConfiguration>();
        services.AddSingleton(TelemetryExport.Settings(Environment.GetEnvironmentVariables()));
        services.AddOpenTelemetry()
            .ConfigureResource(Name)
            .WithTracing(traces => traces.AddSource(TelemetryExport.Takes("TRACES") ? [FederationTraces.SourceName] : []))
            .WithMetrics(metrics => _ = TelemetryExport.Takes("METRICS") ? metrics.AddFederationMetrics() : metrics)
            .WithLogging(configureBuilder: null, logs => logs.IncludeFormattedMessage = true)
            .UseOtlpExporter();
        return services;
    }

    /// <summary>Adds what a server's figures are read with.</summary>
    public static IServiceCollection AddScraping(this IServiceCollection services)
    {
        services.AddSingleton<OpenFederations>();
        services.AddOpenTelemetry().ConfigureResource(Name).WithMetrics(metrics => metrics
            .AddFederationMetrics()
            .AddInstrumentation(services => services.GetRequiredService<OpenFederations>())
            .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddPrometheusExporter());
        return services;
    }

    // Made with the provider, and not by the first activity: what has not happened yet is a 0 from the start.
    private static MeterProviderBuilder AddFederationMetrics(this MeterProviderBuilder metrics) =>
        metrics.AddMeter(FederationMetrics.MeterName).AddInstrumentation(services => services.GetRequiredService<FederationMetrics>());

    private static void Name(ResourceBuilder resource) => resource.AddService("fldurable").AddEnvironmentVariableDetector();

    /// <summary>Maps them. They need the key, as all else does.</summary>
    public static void MapScraping(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint(TelemetryExport.Metrics);
}
