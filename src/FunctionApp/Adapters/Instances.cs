using System.Text.Json;
using FlDurable.Shared.Contracts;
using Microsoft.DurableTask.Client;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.FunctionApp.Adapters;

/// <summary>What Durable Task knows of instances, as the port says it.</summary>
internal static class Instances
{
    /// <summary>An instance, read with its outputs.</summary>
    public static Port.OrchestrationMetadata ToPort(this OrchestrationMetadata instance)
    {
        var status = instance.RuntimeStatus.ToPort();
        return new Port.OrchestrationMetadata(
            instance.Name, instance.InstanceId, status, instance.CreatedAt, instance.LastUpdatedAt, Json(instance.SerializedCustomStatus),
            status == Port.OrchestrationRuntimeStatus.Completed ? instance.SerializedOutput : null, FailureReason(instance, status));
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
        Port.OrchestrationRuntimeStatus.Failed => instance.FailureDetails is { } failure ? Failures.Reason(failure) : null,
        Port.OrchestrationRuntimeStatus.Terminated => TerminationReason(instance.SerializedOutput),
        _ => null,
    };

    // A terminated instance's output is the reason, as it was sent: a JSON string. Other tools that terminate send plain text.
    private static string? TerminationReason(string? output)
    {
        try
        {
            return output is null ? null : ContractJson.Deserialize<string>(output);
        }
        catch (JsonException)
        {
            return output;
        }
    }

    // Where there is no custom status, Durable Functions may say null, in JSON.
    private static string? Json(string? json) => json is null or "" or "null" ? null : json;
}
