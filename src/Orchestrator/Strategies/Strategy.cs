using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>A strategy that a spec can name: what becomes of the clients' updates.</summary>
/// <param name="Name">The name in specs.</param>
/// <param name="Create">Makes the strategy that a checked spec asks for, in which every schedule is the number of one round.</param>
public sealed record Strategy(string Name, Func<FederationSpec, IAggregation> Create)
{
    /// <summary>What a spec may give beside the name, each with a default: <c>spec.Strategy.Of(option)</c> is its value.</summary>
    public IReadOnlyList<SpecField> Options { get; init; } = [];

    /// <summary>What it expects of a spec's other fields: an error for each that does not go with it.</summary>
    public Func<FederationSpec, IEnumerable<SpecError>> Expected { get; init; } = _ => [];
}

/// <summary>A strategy whose type says what specs call it: what a host adds by <see cref="StrategyExtensions.AddStrategy{T}"/>.</summary>
public interface INamedStrategy : IAggregation
{
    /// <summary>As specs name it.</summary>
    static abstract Strategy Strategy { get; }
}
