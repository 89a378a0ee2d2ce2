using System.Collections.Frozen;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>The strategies that a spec can name: those that the host has added.</summary>
public sealed class StrategyRegistry(IEnumerable<Strategy> strategies)
{
    private readonly FrozenDictionary<string, Strategy> strategies = strategies.ToFrozenDictionary(strategy => strategy.Name, StringComparer.Ordinal);

    /// <summary>The strategy of a checked spec, with its options.</summary>
    /// <exception cref="NotRegisteredException">There is none of that name in this build.</exception>
    public IAggregation For(FederationSpec spec) => strategies.TryGetValue(spec.Strategy, out var strategy)
        ? strategy.Create(spec)
        : throw NotRegisteredException.Of("strategy", spec.Strategy, strategies.Keys);
}
