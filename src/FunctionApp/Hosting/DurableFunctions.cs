using Azure.Core.Serialization;
using FlDurable.DurableTask.Adapters;
using FlDurable.Shared.Json;
using Grpc.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.FunctionApp.Hosting;

/// <summary>Adds Durable Functions as the durable engine.</summary>
internal static class DurableFunctions
{
    /// <summary>Adds the port's client and what the functions run by, and has the worker keep to the contracts.</summary>
    public static IServiceCollection AddDurableFunctions(this IServiceCollection services) => services
        .Configure<WorkerOptions>(KeepToContracts)
        .AddSingleton<CurrentDurableClient>()
        .AddDurableTaskAdapters(provider => provider.GetRequiredService<CurrentDurableClient>().Client, IsUnavailable);

    /// <summary>Whether the Functions host, which the app asks by gRPC, says that it can't answer now.</summary>
    internal static bool IsUnavailable(Exception exception) => exception is RpcException
    {
        StatusCode: StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted,
    };

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
