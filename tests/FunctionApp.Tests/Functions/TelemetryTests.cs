using System.Text.Json.Nodes;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using FlDurable.FunctionApp.Hosting;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry.Trace;

namespace FlDurable.FunctionApp.Tests.Functions;

/// <summary>What is sent to Application Insights, and how. Nothing is sent here: the services are looked at, not started.</summary>
public sealed class TelemetryTests
{
    private const string Connection = "InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://127.0.0.1/";

    // The worker says so to the host, which then sends its own telemetry alone.
    private const string Capability = "WorkerOpenTelemetryEnabled";

    [Fact]
    public async Task Host_and_app_send_by_OpenTelemetry_with_the_apps_identity()
    {
        await using var services = App($"--{Telemetry.Setting}={Connection}").BuildServiceProvider();

        var exporter = services.GetRequiredService<IOptions<AzureMonitorExporterOptions>>().Value;
        Assert.Equal(Connection, exporter.ConnectionString);
        Assert.IsType<DefaultAzureCredential>(exporter.Credential);
        Assert.Equal(bool.TrueString, services.GetRequiredService<IOptions<WorkerOptions>>().Value.Capabilities[Capability]);
        var host = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "host.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal("OpenTelemetry", (string?)host["telemetryMode"]);
        Assert.Null(host["logging"]!["applicationInsights"]); // it would not be read
    }

    [Fact]
    public async Task Without_a_component_nothing_is_sent()
    {
        var app = App();

        Assert.DoesNotContain(app, service => service.ServiceType == typeof(TracerProvider));
        await using var services = app.BuildServiceProvider();
        Assert.DoesNotContain(Capability, services.GetRequiredService<IOptions<WorkerOptions>>().Value.Capabilities.Keys);
    }

    [Fact]
    public async Task An_app_whose_component_is_none_does_not_start_and_says_so_in_one_line()
    {
        using var error = new StringWriter();

        Assert.Equal(1, await Program.RunAsync([Storage, $"--{Telemetry.Setting}=hush"], error));

        var line = Assert.Single(error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("fldurable: app setting APPLICATIONINSIGHTS_CONNECTION_STRING: it isn't understood: expected ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", line, StringComparison.Ordinal);
    }

    private static string Storage => $"--{ArtifactsOfTheApp.Setting}=UseDevelopmentStorage=true";

    private static IServiceCollection App(params string[] settings) => Program.CreateBuilder([Storage, .. settings]).Services;
}
