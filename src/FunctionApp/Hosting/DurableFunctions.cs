using Azure.Core.Serialization;
using FlDurable.FunctionApp.Adapters;
using FlDurable.FunctionApp.Functions;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.FunctionApp.Hosting;

/// <summary>Adds Durable Functions as the durable engine.</summary>
internal static class DurableFunctions
{
    /// <summary>Adds the port's client and what the functions run by, and has the worker keep to the contracts.</summary>
    public static IServiceCollection AddDurableFunctions(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .Configure<WorkerOptions>(KeepToContracts)
            .AddSingleton<CurrentDurableClient>()
            .AddSingleton<IFederationClient, DurableFederationClient>()
            .AddSingleton<OrchestratorRunner>()
            .AddSingleton<ActivityRunner>();
    }

    private static void KeepToContracts(WorkerOptions worker)
    {
        worker.Serializer = new JsonObjectSerializer(ContractJson.Options);

        // Durable Functions writes type, message and causes of an exception into its text. Unwrapped by the worker, it would arrive as its
        // message alone, and its type read "(unknown)". The property is marked obsolete because true is the default.
#pragma warning disable CS0618
        worker.EnableUserCodeException = false;
#pragma warning restore CS0618
    }
}
