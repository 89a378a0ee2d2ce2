using FlDurable.Api;
using FlDurable.ClientActivities;
using FlDurable.FunctionApp.Hosting;
using FlDurable.LanesEngine;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Telemetry;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Specs;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;

namespace FlDurable.FunctionApp;

/// <summary>The production host: federations on Azure Functions, with the Lanes engine alone, so that a cold start loads no libtorch.</summary>
internal static class Program
{
    /// <summary>What the app is made of.</summary>
    public static FunctionsApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = FunctionsApplication.CreateBuilder(args);
        builder.ConfigureFunctionsWebApplication();
        builder.Services
            .AddNetworks()
            .AddArtifacts(builder.Configuration)
            .AddDatasets(CacheFolder.Default)
            .AddLanesEngine()
            .AddClientActivities()
            .AddFederations(NotificationsOfTheApp.Read(builder.Configuration))
            .AddFederationApi(new FederationApiOptions { Paths = new FederationPaths(RoutePrefix.Of(Path.Combine(AppContext.BaseDirectory, "host.json"))) })
            .AddDurableFunctions()
            .AddPool(builder.Configuration)
            .AddFederationTelemetry("functions")
            .AddFederationLog()
            .AddTelemetry(builder.Configuration);
        return builder;
    }

    /// <summary>Runs the app until it is told to stop.</summary>
    /// <param name="args">Settings, as on any .NET host's command line.</param>
    /// <param name="error">Told in one line which setting keeps the app from starting.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter error)
    {
        IHost host;
        try
        {
            host = CreateBuilder(args).Build();
        }
        catch (AppSettingException exception)
        {
            await error.WriteLineAsync($"fldurable: {exception.Message}");
            return 1;
        }

        await host.RunAsync();
        return 0;
    }

    private static Task<int> Main(string[] args) => RunAsync(args, Console.Error);
}
