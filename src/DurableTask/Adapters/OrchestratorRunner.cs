using System.Text.Json;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Json;
using Microsoft.DurableTask;

namespace FlDurable.DurableTask.Adapters;

/// <summary>Runs the orchestrators among the services by their names.</summary>
public sealed class OrchestratorRunner(IServiceProvider services, OrchestrationVersion version, IEnumerable<OrchestratorRegistration> orchestrators)
{
    private readonly Dictionary<string, OrchestratorRegistration> byName =
        orchestrators.ToDictionary(orchestrator => orchestrator.Name, StringComparer.Ordinal);

    /// <summary>Runs an instance, or brings it back by its history.</summary>
    /// <exception cref="InvalidOperationException">
    /// Another version started it. Hosts have Durable Task leave such an instance alone; this is for one that is set up otherwise.
    /// </exception>
    /// <exception cref="MessageTooLargeException">Its output is over the limit.</exception>
    public async Task<TOutput> RunAsync<TInput, TOutput>(OrchestratorDescriptor<TInput, TOutput> orchestrator, TaskOrchestrationContext context)
    {
        if (context.Version != version.Value)
        {
            throw new InvalidOperationException(
                $"instance '{context.InstanceId}' was started by version '{context.Version}' of the orchestrations, and this build is version "
                + $"'{version.Value}', which would replay it differently: deploy a build of its version, or start another");
        }

        // Not read as its type: Durable Functions would do that by the JSON options of whatever else is in the host.
        var input = Messages.Text(context.GetInput<JsonElement>());
        var output = await byName[orchestrator.Name].RunAsync(services, new DurableOrchestrationContext(context), input);
        return ContractJson.Deserialize<TOutput>(MessageLimit.Check("the orchestrator's output", output));
    }
}
