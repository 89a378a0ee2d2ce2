using FlDurable.FunctionApp.Adapters;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.DurableTask;

namespace FlDurable.FunctionApp.Functions;

/// <summary>Runs the orchestrators among the services for the functions that are named for them.</summary>
public sealed class OrchestratorRunner(IServiceProvider services, OrchestrationVersion version, IEnumerable<OrchestratorRegistration> orchestrators)
{
    private readonly Dictionary<string, OrchestratorRegistration> byName =
        orchestrators.ToDictionary(orchestrator => orchestrator.Name, StringComparer.Ordinal);

    /// <summary>Runs an instance, or brings it back by its history.</summary>
    /// <exception cref="InvalidOperationException">
    /// Another version started it. host.json has Durable Functions leave such an instance alone; this is for a host without that setting.
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

        var input = ContractJson.Serialize(context.GetInput<TInput>());
        var output = await byName[orchestrator.Name].RunAsync(services, new DurableOrchestrationContext(context), input);
        return ContractJson.Deserialize<TOutput>(MessageLimit.Check("the orchestrator's output", output));
    }
}
