using System.Collections.Frozen;
using FlDurable.Shared.Failures;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>The strategies that a spec can name.</summary>
public sealed class AggregationStrategies(IEnumerable<IAggregationStrategy> strategies)
{
    private readonly FrozenDictionary<string, IAggregationStrategy> strategies =
        strategies.ToFrozenDictionary(strategy => strategy.Name, StringComparer.Ordinal);

    /// <summary>Finds the strategy that a checked spec names.</summary>
    /// <exception cref="NotRegisteredException">There is none of that name in this build.</exception>
    public IAggregationStrategy Get(string name) => strategies.TryGetValue(name, out var strategy)
        ? strategy
        : throw new NotRegisteredException($"strategy '{name}' is not known here; known are {string.Join(", ", strategies.Keys.Order(StringComparer.Ordinal))}");
}
