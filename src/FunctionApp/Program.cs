using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Lanes;
using FlDurable.FunctionApp.Hosting;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Api;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
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
            .AddSingleton(new NetworkRegistry())
            .AddArtifacts(builder.Configuration)
            .AddDatasets(CacheFolder.Default)
            .AddLanesEngine()
            .AddClientActivities()
            .AddFederations()
            .AddFederationApi(new FederationApiOptions())
            .AddDurableFunctions();
        return builder;
    }

    private static Task Main(string[] args) => CreateBuilder(args).Build().RunAsync();
}
