using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Selecting;

/// <summary>A way of choosing who trains in a round: what a spec's <c>selection</c> can name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Create">Makes it of what the spec says beside the name.</param>
public sealed record ClientSelection(string Name, Func<SpecChoice, ISelectionRule> Create)
{
    /// <summary>What can be said of it beside the name.</summary>
    public IReadOnlyList<SpecField> Options { get; init; } = [];
}

/// <summary>
/// Chooses who trains in a round. It follows from what it is given alone, so that a round that is tried again, or whose process died, has the same
/// clients.
/// </summary>
public interface ISelectionRule
{
    /// <summary>Whether it looks at how fast clients were (<see cref="SelectionRound.Speeds"/>).</summary>
    bool LooksAtSpeeds => false;

    /// <summary>Chooses.</summary>
    /// <returns>The places in <see cref="SelectionRound.Clients"/> of as many as are to be chosen, in any order.</returns>
    IEnumerable<int> Choose(SelectionRound round);
}

/// <summary>What a rule chooses from.</summary>
/// <param name="Round">The round, from 1.</param>
/// <param name="Count">How many are to be chosen, at most all.</param>
/// <param name="Clients">Those who can be, in the order of the data set.</param>
/// <param name="Random">A stream of the round's own.</param>
/// <param name="Speeds">How fast they were, where the rule looks at that.</param>
public sealed record SelectionRound(int Round, int Count, IReadOnlyList<ClientPartition> Clients, RandomStream Random, ClientSpeeds Speeds);
