using Microsoft.Extensions.Configuration;

namespace FlDurable.FunctionApp.Surface.Host;

/// <summary>What the Functions host reads of the app's host.json.</summary>
internal sealed class HostSettings
{
    private readonly IConfiguration json = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "host.json")).Build();

    public string RoutePrefix => json["extensions:http:routePrefix"] ?? "api";

    public string Version => json["extensions:durableTask:defaultVersion"] ?? "";

    public int MaxConcurrentActivityFunctions =>
        json.GetValue("extensions:durableTask:maxConcurrentActivityFunctions", 10 * Environment.ProcessorCount);
}
