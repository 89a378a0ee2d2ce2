using System.Text.Json;
using FlDurable.Shared.Json;
using Microsoft.DurableTask.Client;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.DurableTask.Adapters;

/// <summary>What Durable Task knows of instances, as the port says it.</summary>
internal static class Instances
{
    /// <summary>An instance, read with its outputs.</summary>
    public static Port.OrchestrationMetadata ToPort(this OrchestrationMetadata instance)
    {
        var status = instance.RuntimeStatus.ToPort();
        return new Port.OrchestrationMetadata(
            instance.Name, instance.InstanceId, status, instance.CreatedAt, instance.LastUpdatedAt, Json(instance.SerializedCustomStatus),
            status == Port.OrchestrationRuntimeStatus.Completed ? instance.SerializedOutput : null, FailureReason(instance, status))
        {
            SerializedInput = instance.SerializedInput,
        };
    }

    public static OrchestrationRuntimeStatus ToDurableTask(this Port.OrchestrationRuntimeStatus status) => status switch
    {
        Port.OrchestrationRuntimeStatus.Pending => OrchestrationRuntimeStatus.Pending,
        Port.OrchestrationRuntimeStatus.Running => OrchestrationRuntimeStatus.Running,
        Port.OrchestrationRuntimeStatus.Suspended => OrchestrationRuntimeStatus.Suspended,
        Port.OrchestrationRuntimeStatus.Completed => OrchestrationRuntimeStatus.Completed,
        Port.OrchestrationRuntimeStatus.Failed => OrchestrationRuntimeStatus.Failed,
        _ => OrchestrationRuntimeStatus.Terminated,
    };

    /// <summary>A text that is in the place of an output: as JSON when a client has sent it, as it is otherwise.</summary>
    public static string Text(string output)
    {
        try
        {
            return ContractJson.Deserialize<string>(output);
        }
        catch (JsonException)
        {
            return output;
        }
    }

    private static Port.OrchestrationRuntimeStatus ToPort(this OrchestrationRuntimeStatus status) => status switch
    {
        OrchestrationRuntimeStatus.Pending => Port.OrchestrationRuntimeStatus.Pending,
        OrchestrationRuntimeStatus.Suspended => Port.OrchestrationRuntimeStatus.Suspended,
        OrchestrationRuntimeStatus.Completed => Port.OrchestrationRuntimeStatus.Completed,
        OrchestrationRuntimeStatus.Failed => Port.OrchestrationRuntimeStatus.Failed,
        OrchestrationRuntimeStatus.Terminated => Port.OrchestrationRuntimeStatus.Terminated,
        _ => Port.OrchestrationRuntimeStatus.Running, // between two executions
    };

    private static string? FailureReason(OrchestrationMetadata instance, Port.OrchestrationRuntimeStatus status) => status switch
    {
        Port.OrchestrationRuntimeStatus.Failed => Failures.Reason(instance),
        Port.OrchestrationRuntimeStatus.Terminated => instance.SerializedOutput is { } output ? Text(output) : null,
        _ => null,
    };

    // Where there is no custom status, Durable Functions may say null, in JSON.
    private static string? Json(string? json) => json is null or "" or "null" ? null : json;
}
