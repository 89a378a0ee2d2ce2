using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Json;

namespace FlDurable.EmbeddedEngine.Tests.Support;

internal static class Outputs
{
    /// <summary>What a completed instance returned.</summary>
    public static T Output<T>(this OrchestrationMetadata instance)
    {
        Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (instance.RuntimeStatus, instance.FailureReason));
        return ContractJson.Deserialize<T>(instance.SerializedOutput!);
    }

    /// <summary>Why a failed instance failed.</summary>
    public static string Failure(this OrchestrationMetadata instance)
    {
        Assert.Equal(OrchestrationRuntimeStatus.Failed, instance.RuntimeStatus);
        return instance.FailureReason!;
    }
}
