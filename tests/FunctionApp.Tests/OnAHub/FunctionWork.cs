using System.Text.Json;
using Azure.Core.Serialization;
using FlDurable.DurableTask.Hubs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>
/// The app's functions as what a hub's worker runs. Inputs and outputs are read and written by the worker's serializer, as the Functions
/// worker does it.
/// </summary>
internal static class FunctionWork
{
    /// <param name="app">The app's services.</param>
    /// <param name="client">The client of the hub.</param>
    /// <param name="onRun">Told the name of each function that is run.</param>
    public static HubWork Of(IServiceProvider app, DurableTaskClient client, Action<string> onRun)
    {
        var serializer = app.GetRequiredService<IOptions<WorkerOptions>>().Value.Serializer!;
        return new HubWork(
            FunctionMethod.TriggeredBy<OrchestrationTriggerAttribute>().ToDictionary(
                trigger => trigger.Function.Name,
                trigger => (Func<TaskOrchestrationContext, Task<JsonElement>>)(async context =>
                {
                    onRun(trigger.Function.Name);
                    return Write(serializer, await trigger.Function.InvokeAsync(app, _ => FunctionsContext.Of(context, app)));
                })),
            FunctionMethod.TriggeredBy<ActivityTriggerAttribute>().ToDictionary(
                trigger => trigger.Function.Name,
                trigger => (Func<JsonElement, CancellationToken, Task<JsonElement>>)(async (input, cancel) =>
                {
                    onRun(trigger.Function.Name);
                    return Write(serializer, await trigger.Function.InvokeAsync(
                        app, parameter => parameter == trigger.Parameter ? Read(serializer, input, parameter.ParameterType)
                            : parameter.ParameterType == typeof(DurableTaskClient) ? client
                            : cancel));
                })));
    }

    private static JsonElement Write(ObjectSerializer serializer, object? value) =>
        JsonElement.Parse(serializer.Serialize(value, value?.GetType() ?? typeof(object), CancellationToken.None));

    private static object? Read(ObjectSerializer serializer, JsonElement json, Type type)
    {
        using var stream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(json));
        return serializer.Deserialize(stream, type, CancellationToken.None);
    }
}
