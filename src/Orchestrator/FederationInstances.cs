using System.Text.Json;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;

namespace FlDurable.Orchestrator;

/// <summary>What an instance tells of the federation that it is.</summary>
public static class FederationInstances
{
    /// <summary>When a federation was started: the same in every round, whatever the engine takes for the beginning of its instance.</summary>
    public static DateTimeOffset StartedAt(this OrchestrationMetadata instance)
    {
        try
        {
            return instance.SerializedInput is { } input && ContractJson.Deserialize<FederationState>(input).StartedAt is { } started
                ? started
                : instance.CreatedAt;
        }
        catch (JsonException)
        {
            return instance.CreatedAt; // started by a build whose states are of another shape
        }
    }
}
