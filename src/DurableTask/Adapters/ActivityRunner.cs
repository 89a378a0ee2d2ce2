using System.Text.Json;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;

namespace FlDurable.DurableTask.Adapters;

/// <summary>Runs the activities among the services by their names.</summary>
public sealed class ActivityRunner(IServiceProvider services, IEnumerable<ActivityRegistration> activities)
{
    private readonly Dictionary<string, ActivityRegistration> byName =
        activities.ToDictionary(activity => activity.Name, StringComparer.Ordinal);

    /// <summary>Runs an activity once.</summary>
    /// <returns>Its output; null if nobody waits for it any more (<see cref="WorkNotNeededException"/>).</returns>
    /// <exception cref="MessageTooLargeException">Its output is over the limit.</exception>
    public async Task<TOutput> RunAsync<TInput, TOutput>(
        ActivityDescriptor<TInput, TOutput> activity, TInput input, CancellationToken cancellationToken)
    {
        string output;
        try
        {
            output = await byName[activity.Name].RunAsync(services, ContractJson.Serialize(input), cancellationToken);
        }
        catch (WorkNotNeededException)
        {
            // Thrown on, it would be in a host's log with its stack, once for every client of a federation that is terminated.
            return JsonSerializer.Deserialize<TOutput>(Messages.Nothing, ContractJson.Options)!;
        }

        return ContractJson.Deserialize<TOutput>(MessageLimit.Check($"the output of activity '{activity.Name}'", output));
    }
}
